"""The archive: the page, the exact bytes of every event it cites, their receipts, and the program that checks them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import shared.proofs
from shared.proofs.dossier import EVENT_SUFFIX, EVENTS, PROOFS
from shared.proofs.note import Note
from shared.proofs.policy import Policy
from shared.proofs.tlog_proof import SUFFIX, TlogProof


@dataclass(frozen=True)
class ProvenEvent:
    """Events as the ledger has them, and the proof of it."""

    checkpoint: Note
    policy: bytes
    entries: Mapping[int, bytes]
    """The exact bytes, by position."""
    hashes: Mapping[int, tuple[bytes, ...]]
    """Each one's inclusion proof in the checkpoint's tree."""


Prove = Callable[[Sequence[int]], Awaitable[ProvenEvent]]
"""Asks the ledger for events and their proofs."""

VERIFY = b'''"""Check the dossier in this directory. Needs only Python 3.9 or later: python3 verify.py"""

import os
import sys

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    sys.path.insert(0, HERE)
    from proofs.dossier import main

    sys.exit(main(default=HERE))
'''
README = """\
{title}
{rule}

Open index.html. It shows the trail step by step, and needs no network and no account.

Every step names the events it comes from. They are in this directory:

  events/<position>.json        the event, byte for byte as it was recorded
  proofs/<position>.tlog-proof  the proof that it is in the ledger at that position
  checkpoint, keys, policy      what the ledger signed, its keys, and whose signatures to trust

To check them all:

  python3 verify.py

It needs only Python 3.9 or later. Its code is in proofs/ and can be read in an hour. The proofs are in a public format
(C2SP tlog-proof), so other programs can check them too.

The file policy says whose signatures to trust. Compare its keys with those that the partnership's agencies publish, or
give the program your own policy: python3 verify.py --policy FILE

The check shows that the events are unchanged since they were recorded. It does not show that they are true, or that
nothing else was recorded about the subject. Folkmoot makes the sentences of index.html from the events.
"""
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The date of every file, fixed so that the same trail gives the same archive, byte for byte."""


def archive(title: str, page: str, proven: ProvenEvent) -> bytes:
    """The archive as a ZIP file."""
    keys = "".join(f"{log.key.format()}\n" for log in Policy.parse(proven.policy).logs)
    files: dict[str, bytes] = {
        "README.txt": README.format(title=title, rule="=" * len(title)).encode(),
        "index.html": page.encode(),
        "checkpoint": proven.checkpoint.format(),
        "keys": keys.encode(),
        "policy": proven.policy,
        "verify.py": VERIFY,
    }
    for position, entry in sorted(proven.entries.items()):
        receipt = TlogProof(position, proven.hashes[position], proven.checkpoint)
        files[f"{EVENTS}/{position}{EVENT_SUFFIX}"] = entry
        files[f"{PROOFS}/{position}{SUFFIX}"] = receipt.format()
    for source in sorted(Path(shared.proofs.__file__).parent.glob("*.py")):
        files[f"{PROOFS}/{source.name}"] = source.read_bytes()
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as found:
        for name, content in files.items():
            entry_of_archive = zipfile.ZipInfo(name, WRITTEN)
            entry_of_archive.compress_type = zipfile.ZIP_DEFLATED
            entry_of_archive.external_attr = 0o644 << 16
            found.writestr(entry_of_archive, content)
    return body.getvalue()
