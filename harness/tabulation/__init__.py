"""Tabulation: train every distinct topology of a space on a dataset, and write the table."""
