"""Actions that meetings assign."""
