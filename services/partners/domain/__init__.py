"""What becomes of an event that could not be taken."""
