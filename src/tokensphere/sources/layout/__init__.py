"""Which tensor of a model holds its embeddings."""
