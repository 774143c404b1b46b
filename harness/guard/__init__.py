"""The accuracy guard: compares fresh results with a baseline, in three layers; docs/guard.md."""
