"""Published accuracies, and which of our results they answer to."""
