"""A result -> a picture."""
