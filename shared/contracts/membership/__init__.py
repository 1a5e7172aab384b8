"""What membership publishes: the partnership, its organisations and people, its groups, their seats and their terms."""

from shared.contracts.membership import groups, officers, organisations, partnership, people, seats, terms_of_reference

__all__ = ["groups", "officers", "organisations", "partnership", "people", "seats", "terms_of_reference"]
