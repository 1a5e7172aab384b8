"""A reserve and its awards as their facts have made them: the state that funding's decisions read."""

from __future__ import annotations

from msgspec import field

from services.funding.awards.domain import Granted
from services.funding.books import Books
from services.funding.reserves.domain import Streams
from shared.contracts.funding.postings import Account
from shared.values.aggregate import Aggregate


class Reserve(Aggregate):
    """The partnership's money. It is finite and unlikely to be replenished, so what is free is guarded here (CAN-3)."""

    noun = "reserve"
    streams: Streams = field(default_factory=Streams)
    granted: Granted = field(default_factory=Granted)
    books: Books = field(default_factory=Books)

    def free(self, stream: str) -> int:
        """What is committed to nothing of a stream, whether it has lapsed or not, in pence."""
        return self.books.balance(stream, Account.FREE)
