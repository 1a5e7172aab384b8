"""Interests that members declare in agenda items."""
