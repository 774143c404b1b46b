"""What the harness takes for granted of every method, and the checks that it holds."""
