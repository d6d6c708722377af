"""Files that people really have, written small in their real layouts: what is read, and what is refused."""
