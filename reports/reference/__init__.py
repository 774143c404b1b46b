"""Reference results: trials that were run elsewhere and travel with the harness."""
