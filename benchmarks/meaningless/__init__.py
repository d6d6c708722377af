"""Directions that mean nothing, through the test of directions: a baseline that was run, not cited.

python -m benchmarks.meaningless [--quick] [--markdown docs/meaningless.md]

Transformers with random weights, and dictionaries (sparse autoencoders) of their activations, of
shuffled activations and of noise. Nothing but NumPy and SciPy; seeds are fixed.
"""
