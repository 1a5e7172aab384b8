"""Effects of decisions that are refused."""
