"""The books of one history: the balances of the accounts that its own facts post to."""

from __future__ import annotations

from shared.contracts.event import Event
from shared.contracts.funding.postings import POSTS, Account, postings
from shared.values.aggregate import Part


class Books(Part):
    """Balances in pence, by stream and account. What other histories post is not in them."""

    balances: dict[tuple[str, Account], int] = {}

    def balance(self, stream: str, account: Account) -> int:
        return self.balances.get((stream, account), 0)

    def total(self, account: Account) -> int:
        """The balance of an account over all streams."""
        return sum(pence for (_, of), pence in self.balances.items() if of is account)


def _post(books: Books, fact: Event) -> None:
    for posting in postings(fact):
        for account, pence in ((posting.source, -posting.pence), (posting.target, posting.pence)):
            books.balances[posting.stream, account] = books.balance(posting.stream, account) + pence


for _kind in POSTS:
    Books.apply_to(_kind, _post)
