"""The contract that every method must satisfy, and the checks of it."""
