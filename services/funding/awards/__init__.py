"""Awards: made, paid, released and returned."""
