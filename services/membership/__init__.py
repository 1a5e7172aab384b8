"""Membership: the partnership, its organisations and people, its groups, their seats, deputies, officers and terms."""
