"""The process of the command services and their relays is killed under load: acknowledged events count once."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest
from faults.apart import Apart
from faults.callers import Callers

from services import catalogue
from services.catalogue import DECIDING
from shared.runtime.embedded.servers import running
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.local_issuer import issuer_of
from shared.runtime.identity.source_keys import register_sources
from shared.values.roles import Role

pytestmark = pytest.mark.slow

KILLS = 2


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [20150129])
def test_what_services_acknowledged_before_they_died_is_relayed_by_the_next(short_directory: Path, seed: int) -> None:
    chance = random.Random(seed)
    issuer = issuer_of(Settings(data=short_directory))
    clerk = issuer.issue(roles=[Role.CLERK], subject="clerk", partnership="area", lifetime=dt.timedelta(hours=1))
    auditor = issuer.issue(roles=[Role.AUDITOR], subject="auditor", lifetime=dt.timedelta(hours=1))
    with running(short_directory) as servers:
        catalogue.migrate(servers.database_url)
        register_sources(Settings(data=short_directory), catalogue.SOURCES)
        ledger = Apart(short_directory, servers, "ledger")
        deciding = Apart(short_directory, servers, *DECIDING, FOLKMOOT_LEDGER=ledger.grpc)
        try:
            ledger.start()
            deciding.start()
            deciding.wait_until_it_answers()
            callers = Callers(deciding.http, clerk, "area")
            with callers.calling():
                for _ in range(KILLS):
                    callers.wait_until_told(50 + chance.randrange(150))
                    deciding.kill()
                    deciding.start()
                callers.wait_until_told(50)
            callers.assert_all_recorded_once(ledger.grpc, auditor)
        finally:
            deciding.kill()
            ledger.kill()
