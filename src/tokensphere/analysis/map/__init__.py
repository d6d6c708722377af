"""Maps of a vocabulary: every token a point in the plane, and what such a picture keeps."""
