"""Reporting's own tables, all derived from the ledger: the events themselves, names to look up, money to add up."""

from services.reporting.views import money, names, sources
from services.reporting.views.tables import views

__all__ = ["money", "names", "sources", "views"]
