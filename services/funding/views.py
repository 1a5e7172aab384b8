"""Where the nouns declare funding's tables and queries."""

from __future__ import annotations

from shared.runtime.endpoints.queries import Queries
from shared.runtime.following.views import Views

views = Views("funding")
queries = Queries()
