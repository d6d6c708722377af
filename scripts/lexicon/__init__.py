"""How the lexicon of :mod:`tokensphere.labels` is compiled; run by ``scripts/make_lexicon.py``."""
