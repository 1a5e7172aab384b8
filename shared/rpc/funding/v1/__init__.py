"""Version 1 of membership's wire definitions."""
