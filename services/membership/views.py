"""Where membership's views and queries are declared: the folders of its nouns add theirs."""

from __future__ import annotations

from shared.readmodels.roster import Roster
from shared.runtime.endpoints.queries import Queries
from shared.runtime.following.views import Views

views = Views("membership")
roster = Roster(views)
queries = Queries()
