"""How often the test of directions finds what was planted, and what was not: docs/power.md.

python -m benchmarks.power [--quick] [--model MODEL] [--markdown FILE] [--picture FILE]

Planted directions are means of centred unit rows of 5, 10 or 20 tokens that share a label of grammar,
meaning or a list, with noise added so that their cosine with that mean is given; beside them stand means
of as many unrelated tokens, with the same noise. The power is the share of the planted ones with
p < 0.001 beside the directions of a null, false finds the share of the unrelated ones. Their own tokens
are left out of all lists. The lexicon planted the groups, so the label p has an advantage here that it
does not have for directions whose meaning it does not know; the geometric statistics see no labels.
"""
