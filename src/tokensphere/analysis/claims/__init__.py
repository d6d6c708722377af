"""The geometry of a space, and the post's claims about it."""
