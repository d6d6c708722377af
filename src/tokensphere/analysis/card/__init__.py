"""One list beside what chance gives: what a person looks at."""
