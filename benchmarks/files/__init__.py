"""Files: where data lies, atomic writes, checked downloads."""
