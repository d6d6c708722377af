"""The work on many models: cut into units, done by whoever comes, kept in one folder."""
