"""One trial: what identifies it, how it runs, what it records."""
