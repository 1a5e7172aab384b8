"""Priorities of the partnership, with the objectives set under them."""
