"""An :class:`~tokensphere.space.EmbeddingSpace` in, a frozen result out."""
