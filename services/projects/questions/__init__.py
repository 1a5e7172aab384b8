"""Questions that reports carry until they are answered."""
