"""From the name of a model to its :class:`~tokensphere.space.EmbeddingSpace`."""
