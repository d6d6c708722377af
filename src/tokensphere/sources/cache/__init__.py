"""What was fetched or computed once."""
