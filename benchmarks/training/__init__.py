"""Training of stand-alone networks from scratch, for tables that do not exist yet."""
