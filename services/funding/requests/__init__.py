"""Requests for funding, and others' match funding."""
