"""Documents that organisations publish."""
