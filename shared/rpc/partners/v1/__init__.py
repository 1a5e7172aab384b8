"""Version 1 of the wire definitions of the partners service."""
