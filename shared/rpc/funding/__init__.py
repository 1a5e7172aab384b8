"""Wire definitions of membership."""
