"""Files: the data folder, atomic writes, verified downloads."""
