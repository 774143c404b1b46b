"""Findings in the formats of CI systems."""
