"""What a person sees: progress, listings, drawings, the dry run."""
