"""Where trials run: the run loop, and local worker processes."""
