"""The baseline file: its contents and format, recording it from results, and updating it."""
