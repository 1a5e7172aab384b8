"""``folkmoot export``: writes the whole log into a directory, with everything needed to check it.

The directory has the layout in which the log is served (C2SP tlog-tiles), so any static web server can serve it. It is
safe to export into it again: immutable files are not fetched twice, and old checkpoints are kept. Each file is complete
or absent. The checkpoint is written last, when everything it covers is on disk. So an interrupted export, even by a
power cut, leaves the previous export or none.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
import msgspec
import stamina
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

import shared.proofs
from services.command_line.environment import CommandFailed
from shared.contracts import publish
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.merkle import HASH_SIZE, ProofFailed, consistency_proof, verify_consistency
from shared.proofs.note import Note, VerifierKey
from shared.proofs.signers import KEYS, is_source
from shared.proofs.sources import SourceKeys, SourceSignature
from shared.proofs.tiles import WIDTH, Place, entries_of, node_from, parse_path, rows
from shared.runtime.ground.problem import Problem

FETCHES_AT_ONCE = 6
"""Files fetched at the same time."""
SIGNATURES_AT_ONCE = 50_000
TIMEOUT_S = 30.0
"""Seconds the ledger may take to answer."""
ATTEMPTS = 6
DRAFT = ".part"
"""The file being written in the export's directory. Nothing reads it, and the next file overwrites it."""
README = Path(__file__).with_name("export_readme.md")
VERIFIER = b'''"""Check the log in this directory. Needs only Python 3.9 or later: python3 verify.py

If the package cryptography is installed, it checks the services' signatures, because that is faster.
"""

import os
import sys
from functools import lru_cache

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    verify = None
else:

    public_key = lru_cache(64)(Ed25519PublicKey.from_public_bytes)

    def verify(public, message, signature):
        try:
            public_key(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


if __name__ == "__main__":
    from proofs.plain import main

    sys.exit(main(default=HERE, verify=verify))
'''


class NotExported(CommandFailed):
    """The log could not be exported, or must not be. The message says why."""


class ExportResult(NamedTuple):
    """The contents of the directory after an export."""

    checkpoint: Checkpoint
    fetched: int
    """The number of tiles and bundles that were new."""


class _NoAnswer(Exception):
    """The ledger does not answer. Ask again."""


async def export(
    ledger: str, token: str | None, directory: Path, report: Callable[[int, int], object] = lambda done, size: None
) -> ExportResult:
    """Write the log at the address ``ledger`` into ``directory``. Raises ``NotExported`` or ``OSError``.

    ``token``: of an auditor of all partnerships. ``report`` gets the entries fetched so far and their total.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(base_url=ledger.rstrip("/") + "/", headers=headers, timeout=TIMEOUT_S) as client:
        return await _Export(client, directory, report).run()


@contextmanager
def bar(console: Console) -> Iterator[Callable[[int, int], None]]:
    """A progress bar. Call it with the progress of an export."""
    columns = (TextColumn("Exporting"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[at]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("", at="")
        yield lambda done, size: progress.update(task, completed=done, total=size, at=f"{done:,} of {size:,} entries")


class _Export:
    def __init__(self, client: httpx2.AsyncClient, directory: Path, report: Callable[[int, int], object]) -> None:
        self._client = client
        self._directory = directory
        self._report = report
        self._proving: dict[Place, bytes] = {}
        """The tiles used by the proof of consistency, kept so that they are not fetched again."""
        self._done = 0
        self._fetched = 0

    async def run(self) -> ExportResult:
        (self._directory / DRAFT).unlink(missing_ok=True)  # a killed export may have left it
        note = await self._get("checkpoint")
        try:
            checkpoint = Checkpoint.parse(Note.parse(note).text)
        except ProofFailed as error:
            raise NotExported(f"{self._client.base_url} does not serve a valid checkpoint: {error}") from None
        await self._check_continues(checkpoint)
        keys = await self._get("keys")
        policy = await self._get("policy")
        source_keys = await self._get(KEYS)
        try:
            await self._fetch_missing(checkpoint.size)
            for source in _sources(source_keys):
                await self._fetch_signatures(source)
        except* (NotExported, OSError) as several:
            raise several.exceptions[0] from None
        self._write("keys", self._with_earlier(keys))
        self._write("policy", policy)
        self._write(KEYS, source_keys)
        self._write_verifier_and_schemas()
        os.sync()
        # In this order, because a kept checkpoint larger than the newest would look like a rollback.
        self._write("checkpoint", note, lasting=True)
        self._write(f"checkpoints/{checkpoint.size}", note, lasting=True)
        self._remove_outgrown(checkpoint.size)
        return ExportResult(checkpoint, self._fetched)

    async def _check_continues(self, checkpoint: Checkpoint) -> None:
        """Refuse a log that has shrunk, was rewritten or changed its name: it must not overwrite the evidence."""
        try:
            note = (self._directory / "checkpoint").read_bytes()
            there = Checkpoint.parse(Note.parse(note).text)
        except FileNotFoundError:
            return
        except ProofFailed as error:
            raise NotExported(f"{self._directory / 'checkpoint'} is not a checkpoint: {error}") from None
        if there.origin != checkpoint.origin:
            raise NotExported(f"{self._directory} holds the log {there.origin!r}, but this is {checkpoint.origin!r}.")
        try:
            proof = await self._consistency(there.size, checkpoint.size)
            verify_consistency(there.size, there.root, checkpoint.size, checkpoint.root, proof)
        except ProofFailed as error:
            raise NotExported(
                f"{self._directory} holds a signed checkpoint of size {there.size} with root {there.root.hex()}; the"
                f" log now says size {checkpoint.size}, root {checkpoint.root.hex()}. It was rolled back or rewritten."
                f" Keep this directory as evidence, and ask the log's witnesses. The failed check: {error}"
            ) from None
        kept = f"checkpoints/{there.size}"
        if not (self._directory / kept).exists():  # that export was interrupted at the very end
            self._write(kept, note, lasting=True)

    async def _consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the log continues a smaller one, made from the tiles that it serves now."""
        if old >= new:
            return []
        levels = rows(new)

        def tile(level: int, index: int) -> bytes:
            full = index < levels[level].full
            place = Place(level, index, WIDTH if full else levels[level].partial)
            return self._proving.setdefault(place, bytes(WIDTH * HASH_SIZE))

        consistency_proof(old, new, node_from(tile))  # only to learn which tiles it needs
        for place in self._proving:
            self._proving[place] = await self._get_place(place)
        return consistency_proof(old, new, node_from(tile))

    async def _fetch_missing(self, size: int) -> None:
        """Fetch every tile and bundle that is missing."""
        places = _places(size)

        async def work() -> None:
            for place in places:
                if not self._is_there(place):
                    self._write(place.path, self._proving.get(place) or await self._get_place(place))
                    self._fetched += 1
                if place.level is None:
                    self._done += place.width
                    self._report(self._done, size)

        async with asyncio.TaskGroup() as group:
            for _ in range(FETCHES_AT_ONCE):
                group.create_task(work())

    async def _fetch_signatures(self, source: str) -> None:
        """Fetch a service's signatures that are missing, and append them."""
        path = self._directory / "sources" / source
        kept = path.read_bytes() if path.exists() else b""
        kept = kept[: kept.rfind(b"\n") + 1]  # a killed export may have left half a line
        last = _last_signed(kept, str(path)) if kept else 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(len(kept))
            file.seek(len(kept))
            address = f"sources/{source}"
            while new := _after(last, await self._get(f"{address}?after={last}&limit={SIGNATURES_AT_ONCE}"), address):
                last = _last_signed(new, address)
                file.write(new)

    def _is_there(self, place: Place) -> bool:
        try:
            return _fits(place, (self._directory / place.path).read_bytes())
        except FileNotFoundError:
            return False

    async def _get_place(self, place: Place) -> bytes:
        data = await self._get(place.path)
        if not _fits(place, data):
            raise NotExported(f"{place.path} does not hold {place.width} hashes or entries.")
        return data

    async def _get(self, path: str) -> bytes:
        try:
            async for attempt in stamina.retry_context(on=_NoAnswer, attempts=ATTEMPTS, wait_jitter=0.2):
                with attempt:
                    # A long log has more files than may be fetched at once. To wait for more is no failed attempt.
                    while (response := await self._get_once(path)).status_code == httpx2.codes.TOO_MANY_REQUESTS:
                        await asyncio.sleep(int(response.headers.get("retry-after", "1")))
                    if response.status_code != httpx2.codes.OK:
                        address = f"{self._client.base_url}{path}"
                        raise NotExported(f"{address} answers {response.status_code}: {_detail(response)}")
                    return response.content
        except _NoAnswer as error:
            raise NotExported(str(error)) from None
        raise AssertionError("a retry ends with an answer or an error")

    async def _get_once(self, path: str) -> httpx2.Response:
        try:
            response = await self._client.get(path)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
                raise NotExported(f"{self._client.base_url} is not the address of a ledger: {error}") from None
            raise _NoAnswer(f"{self._client.base_url}{path} does not answer: {error or type(error).__name__}") from None
        if response.status_code >= 500:
            raise _NoAnswer(f"{self._client.base_url}{path} answers {response.status_code}: {_detail(response)}")
        return response

    def _with_earlier(self, keys: bytes) -> bytes:
        """The log's keys, followed by its earlier keys, which signed the checkpoints kept here."""
        there = self._directory / "keys"
        earlier = there.read_bytes() if there.exists() else b""
        try:
            lines = (keys + earlier).decode().splitlines()
            for line in lines:
                VerifierKey.parse(line)
        except (ProofFailed, UnicodeDecodeError) as error:
            raise NotExported(f"{self._client.base_url}keys or {there} has a line that is not a key: {error}") from None
        return "".join(f"{line}\n" for line in dict.fromkeys(lines)).encode()

    def _write_verifier_and_schemas(self) -> None:
        for path, text in publish.documents().items():
            if path.is_relative_to(publish.SCHEMAS):
                self._write(f"schemas/{path.relative_to(publish.SCHEMAS)}", text.encode())
        for source in Path(shared.proofs.__file__).parent.glob("*.py"):
            self._write(f"proofs/{source.name}", source.read_bytes())
        self._write("verify.py", VERIFIER)
        self._write("README.md", README.read_bytes())

    def _write(self, path: str, data: bytes, *, lasting: bool = False) -> None:
        """Write or replace a file atomically. ``lasting``: it is on disk on return."""
        target, draft = self._directory / path, self._directory / DRAFT
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as file:
                file.write(data)
                if lasting:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        if lasting:
            _sync(target.parent)

    def _remove_outgrown(self, size: int) -> None:
        """Remove partial tiles and bundles of a smaller log, if the files that replace them begin with them."""
        needed = {(place.level, place.index): place for place in _edge(size)}
        for partial in (self._directory / "tile").rglob("*.p/*"):
            place = _partial_at(partial.relative_to(self._directory).as_posix())
            if place is None or place in needed.values():
                continue
            wider = needed.get((place.level, place.index), Place(place.level, place.index))
            if (self._directory / wider.path).read_bytes().startswith(partial.read_bytes()):
                partial.unlink()
                if not any(partial.parent.iterdir()):
                    partial.parent.rmdir()


def _sources(register: bytes) -> list[str]:
    """The names of the services in a register."""
    try:
        keys = SourceKeys.parse(register.decode())
    except (ProofFailed, UnicodeDecodeError) as error:
        raise NotExported(f"{KEYS} is not a register of the services' keys: {error}") from None
    names = dict.fromkeys(key.partition("+")[0] for key in keys.format().splitlines())
    return [name for name in names if is_source(name)]


def _after(last: int, lines: bytes, where: str) -> bytes:
    """The signatures that cover what follows an event. A server of plain files gives all, whatever it is asked."""
    if not lines or _last_signed(lines[: lines.find(b"\n")], where) > last:
        return lines
    return b"".join(line for line in lines.splitlines(keepends=True) if _last_signed(line, where) > last)


def _last_signed(lines: bytes, where: str) -> int:
    """The last event that signatures cover. Raises ``NotExported``."""
    try:
        return SourceSignature.parse(lines.decode().rstrip("\n").rpartition("\n")[2]).last
    except (ProofFailed, UnicodeDecodeError) as error:
        raise NotExported(f"{where} has something that is no signature: {error}") from None


def _places(size: int) -> Iterator[Place]:
    """Every file of a log of this size. Bundles come first, because they take longest."""
    levels = rows(size)
    for row in levels[:1]:
        yield from (Place(None, place.index, place.width) for place in row.places())
    for row in levels:
        yield from row.places()


def _edge(size: int) -> Iterable[Place]:
    for row in rows(size):
        if row.partial:
            yield Place(row.level, row.full, row.partial)
            if row.level == 0:
                yield Place(None, row.full, row.partial)


def _fits(place: Place, data: bytes) -> bool:
    """Whether a file has the right size. ``folkmoot verify`` checks its contents."""
    if place.level is not None:
        return len(data) == place.width * HASH_SIZE
    try:
        return len(entries_of(data)) == place.width
    except ProofFailed:
        return False


def _sync(directory: Path) -> None:
    """Wait until the names in a directory are on disk."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _partial_at(path: str) -> Place | None:
    """The partial tile or bundle at a path; None for any other path."""
    try:
        place = parse_path(path)
    except ProofFailed:
        return None
    return place if place.width < WIDTH else None


def _detail(response: httpx2.Response) -> str:
    """The words of a problem document, or the HTTP reason."""
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        return response.reason_phrase
    return f"{problem.title} {problem.detail}".strip()
