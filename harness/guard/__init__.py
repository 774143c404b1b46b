"""The accuracy guard: fresh results against a recorded baseline, in three layers; docs/guard.md."""
