"""What the last bits of a number depend on: its description, emulation and measured effect."""
