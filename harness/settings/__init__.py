"""Whose values a search runs with: the protocols as data, and what a user overrides."""
