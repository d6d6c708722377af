"""Do lists share something, to people's eyes? Blinded lists, verdicts, and what they come to."""
