"""Files that people really have, written small in their layouts: what is read, and what is refused."""
