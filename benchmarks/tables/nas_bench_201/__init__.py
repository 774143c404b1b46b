"""NAS-Bench-201's ground truths: one table from public files, two from the official ones."""
