"""Decisions about parked events."""
