"""Whatever a user calls a direction."""
