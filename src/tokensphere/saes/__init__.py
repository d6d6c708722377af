"""Sparse autoencoders, transcoders and crosscoders by name -> directions."""
