"""Bytes <-> arrays, reader beside writer, a format a file."""
