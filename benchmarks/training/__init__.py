"""Training networks from scratch, where no table says how good they are."""
