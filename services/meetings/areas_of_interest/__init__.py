"""What bodies want their next update to answer."""
