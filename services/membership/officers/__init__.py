"""The officers of a group."""
