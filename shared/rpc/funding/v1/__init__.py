"""Version 1 of funding's wire definitions."""
