"""Arrays in, arrays out: knows no token, no file and no model."""
