"""The money in each stream on any day."""

from __future__ import annotations

from services.reporting.views.tables import views
from shared.contracts.funding.postings import Money
from shared.readmodels.money import StreamMoney

ACCOUNTS = Money.__struct_fields__
"""The figures of a stream; the first is the sum of the others."""

stream_money = StreamMoney(views)
