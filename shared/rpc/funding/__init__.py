"""Wire definitions of funding."""
