"""Making a table of a space on a dataset, by training every distinct topology of it."""
