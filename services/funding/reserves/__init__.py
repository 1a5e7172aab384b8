"""Reserves and their streams."""
