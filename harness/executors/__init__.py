"""Where trials run. Every executor takes batches of trials and yields their records."""
