"""The partnership itself."""
