"""The power is cut under load: what was acknowledged is on the disk, and the platform starts on what the disk holds."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.apart import Apart
from faults.callers import Callers
from fixtures_platform import running_platform

from shared.runtime.ground.settings import Settings
from shared.runtime.identity.local_issuer import issuer_of
from shared.values.roles import Role

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("power_cut.sh")
CLERK, AREA = Role.CLERK, "area"


@pytest.fixture
def directory() -> Iterator[Path]:
    """With a separate disk mounted at ``data``."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount the disk whose power this test cuts")
    directory = Path(tempfile.mkdtemp(prefix="power-"))
    directory.chmod(0o755)  # started by root, PostgreSQL runs as another account
    try:
        prepared = run("prepare", directory)
        if prepared.returncode != 0:
            pytest.skip(f"the disk whose power this test cuts cannot be made here: {prepared.stderr.strip()}")
        yield directory
    finally:
        run("remove", directory)
        shutil.rmtree(directory)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [20150129])
def test_after_a_power_cut_nothing_acknowledged_is_missing(directory: Path, seed: int) -> None:
    data = directory / "data" / "folkmoot"
    platform = Apart(directory, None, FOLKMOOT_DATA=str(data))
    platform.start()
    platform.wait_until_it_answers()
    issuer = issuer_of(Settings(data=data))
    clerk = issuer.issue(roles=[CLERK], subject="clerk", partnership=AREA, lifetime=dt.timedelta(hours=1))
    auditor = issuer.issue(roles=[Role.AUDITOR], subject="auditor", lifetime=dt.timedelta(hours=1))
    callers = Callers(platform.http, clerk, AREA)
    with callers.calling():
        callers.wait_until_told(200 + random.Random(seed).randrange(400))
        cut = run("cut", directory, *map(str, platform.processes()))
        callers.end()
    assert cut.returncode == 0, cut.stderr
    platform.kill()
    with running_platform(data) as again:
        callers.assert_all_recorded_once(again.addresses.grpc, auditor)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, timeout=60)
