"""Repositories of the Hugging Face Hub, by ranges of bytes."""
