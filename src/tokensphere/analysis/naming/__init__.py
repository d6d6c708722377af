"""What the tokens of a list share."""
