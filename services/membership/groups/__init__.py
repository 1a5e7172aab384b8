"""The groups of the partnership, and who is in them on a day."""
