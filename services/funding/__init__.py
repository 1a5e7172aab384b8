"""Funding: the partnership's reserve, what is requested of it, awarded, paid and returned."""
