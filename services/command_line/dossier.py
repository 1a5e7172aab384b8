"""``folkmoot dossier``: the trail of one decision, request or project, as an archive that anyone can check."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import httpx2
import msgspec

from services.command_line.replay import NotRead, Reader, Wanted
from services.reporting.parts.subject import DossierKind
from services.reporting.views.nouns import FOUNDING
from shared.contracts.envelope import open_envelope
from shared.runtime.ground.problem import Problem

TIMEOUT_S = 120.0
"""Seconds that a dossier may take to make."""


class DossierAddress(NamedTuple):
    """The address of a dossier's subject."""

    partnership: str
    kind: DossierKind
    slug: str

    def __str__(self) -> str:
        return f"{self.partnership}/{self.kind.value}/{self.slug}"

    @property
    def file(self) -> Path:
        """The default file name of the archive."""
        return Path(f"{self.partnership}-{self.kind.value}-{self.slug}.zip")


async def find(reader: Reader, name: str) -> DossierAddress:
    """The address for a name: ``cannock-chase/decision/blake-worker``, or a slug that only one subject has.

    Raises ``NotRead``.
    """
    parts = name.split("/")
    if len(parts) == 3 and parts[1] in [kind.value for kind in DossierKind]:
        return DossierAddress(parts[0], DossierKind(parts[1]), parts[2])
    if len(parts) != 1:
        kinds = ", ".join(kind.value for kind in DossierKind)
        raise NotRead(f"{name!r} is not a slug or partnership/kind/slug. The kind must be one of: {kinds}.")
    found = set()
    for kind in DossierKind:
        async for page in reader.replay(Wanted(type=FOUNDING[kind])):
            for entry in page.entries:
                envelope = open_envelope(entry.entry)
                if msgspec.json.decode(envelope.data).get(kind.value) == name:
                    found.add(DossierAddress(envelope.partnership, kind, name))
    if len(found) != 1:
        among = f"{name!r} is the name of several subjects. Choose one of: {', '.join(sorted(map(str, found)))}."
        raise NotRead(among if found else f"No decision, request or project is called {name!r}.")
    return found.pop()


async def fetch(reporting: str, token: str, matter: DossierAddress, size: int) -> bytes:
    """The archive, covering at least this much of the ledger. Raises ``NotRead`` with reporting's error message."""
    path = f"{reporting}/{matter.partnership}/dossiers/{matter.kind.value}/{matter.slug}.zip"
    headers = {"Authorization": f"Bearer {token}", "Folkmoot-After": f"ledger={size}"}
    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.get(path, headers=headers)
    except httpx2.HTTPError as error:
        raise NotRead(f"Reporting at {reporting} did not answer: {error}.") from None
    if answer.status_code != 200:
        try:
            said = msgspec.json.decode(answer.content, type=Problem).detail
        except msgspec.MsgspecError:
            said = f"{answer.status_code} {answer.reason_phrase}"
        raise NotRead(f"There is no dossier of {matter}: {said}")
    return answer.content
