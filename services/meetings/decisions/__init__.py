"""Decisions, and what they bring about."""
