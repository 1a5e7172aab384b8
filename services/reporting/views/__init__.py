"""Reporting's own tables, all derived from the ledger: the events themselves, names, and movements of money."""

from services.reporting.views import money, names, sources
from services.reporting.views.tables import views

__all__ = ["money", "names", "sources", "views"]
