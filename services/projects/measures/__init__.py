"""Measures of a project and their readings."""
