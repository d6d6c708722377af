"""Models beside each other, and how far two agree on the tokens that they share."""
