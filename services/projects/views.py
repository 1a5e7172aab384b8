"""Where the nouns declare their tables and queries."""

from __future__ import annotations

from shared.runtime.endpoints.queries import Queries
from shared.runtime.following.views import Views

views = Views("projects")
queries = Queries()
