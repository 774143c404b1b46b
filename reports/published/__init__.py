"""Published values, and which of our results they answer to."""
