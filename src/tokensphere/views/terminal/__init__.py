"""A result -> tables for a terminal."""
