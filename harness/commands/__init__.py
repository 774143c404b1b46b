"""What a person types: one file per command, its options beside what it does."""
