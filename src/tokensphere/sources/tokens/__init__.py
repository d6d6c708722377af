"""Vocabularies in the files of tokenizers."""
