"""What meetings keeps to show and to decide by. Each noun's ``view.py`` declares its tables and queries here."""

from __future__ import annotations

from shared.readmodels.roster import Roster
from shared.runtime.endpoints.queries import Queries
from shared.runtime.following.views import Views

views = Views("meetings")
roster = Roster(views)
queries = Queries()
