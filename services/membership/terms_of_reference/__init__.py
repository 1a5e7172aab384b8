"""The terms of reference that a group meets by."""
