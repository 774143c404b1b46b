"""Statistical rules that decide whether fresh accuracies differ from recorded ones."""
