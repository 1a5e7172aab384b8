"""What funding publishes: reserves and their streams, requests, awards, and what each fact posts to which account.

All amounts are whole pence. ``shares`` says which streams money comes from or goes back to; they add up to the amount.
"""

from shared.contracts.funding import awards, effects, postings, requests, reserves, shares

__all__ = ["awards", "effects", "postings", "requests", "reserves", "shares"]
