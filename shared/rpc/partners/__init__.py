"""Wire definitions of the partners service."""
