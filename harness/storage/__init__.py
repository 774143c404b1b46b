"""What is kept: trials on disk, checkpoints, the archive, data frames."""
