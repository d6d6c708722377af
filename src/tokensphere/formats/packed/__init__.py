"""Matrices that are packed into few bits, or have their scales beside them -> the matrices they mean."""
