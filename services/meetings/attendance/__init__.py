"""Who comes to a meeting, and who sends apologies."""
