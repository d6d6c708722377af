"""Many models: what is counted of each, and what varies with what."""
