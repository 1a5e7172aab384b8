"""Meetings: called, supplied with papers, closed."""
