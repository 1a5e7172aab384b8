"""Updates to bodies outside the partnership."""
