"""The organisations that take part."""
