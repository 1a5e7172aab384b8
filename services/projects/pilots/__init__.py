"""Pilots of a project, from the invitation to the start."""
