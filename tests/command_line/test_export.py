"""``folkmoot export`` and ``folkmoot verify``: the whole log in a directory, for anyone to check."""

from __future__ import annotations

import asyncio
import errno
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import written_logs
from fixtures_platform import RunningPlatform
from written_logs import LOG, ORIGIN, audit, event, signed, write

from services.command_line import exporting
from services.command_line.exporting import ExportResult, NotExported, export
from services.command_line.verifying import Website
from shared.proofs.checkpoint import Checkpoint
from shared.proofs.files import Directory
from shared.proofs.merkle import EMPTY, ProofFailed, leaf_hash
from shared.proofs.note import Note
from shared.proofs.tiles import bundle
from shared.runtime.identity.signing import SigningKey

write_log = functools.partial(written_logs.write_log, batch=1)
"""Each event signed by itself, so that a longer log has the signatures of a shorter one."""
ENTRIES = [event(number) for number in range(1_500)]


class Site:
    """A web server over a directory that can change. It records the requests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.broken_at = ""
        """The path at which it answers no more."""
        self.refusals = 0
        """How many of the next requests it refuses because there are too many."""
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, self))
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client may hang up
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, site: Site, *arguments: object) -> None:
        self.site = site
        super().__init__(*arguments, directory=str(site.root))  # type: ignore[arg-type]  # what a server hands on

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.site.asked.append(path)
        self.site.tokens.add(self.headers["Authorization"])
        if self.site.refusals:
            self.site.refusals -= 1
            self.send_response(429)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.site.broken_at and path.startswith(self.site.broken_at):
            self.send_error(503)
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(write_log(tmp_path / "served", ENTRIES[:700]))
    yield found
    found.stop()


def exported(site: Site, directory: Path) -> ExportResult:
    return asyncio.run(export(site.address, None, directory))


def files_of(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def test_an_export_is_the_log_as_it_is_served(site: Site, tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []
    done = asyncio.run(export(site.address + "/", None, tmp_path / "out", lambda *at: reported.append(at)))
    assert (done.checkpoint.origin, done.checkpoint.size, done.fetched) == (ORIGIN, 700, 7)
    assert (reported[-1], reported == sorted(reported)) == ((700, 700), True)
    held = files_of(tmp_path / "out")
    assert {path: held[path] for path in files_of(site.root)} == files_of(site.root)
    assert audit(Directory(tmp_path / "out")).verified.checkpoint.size == 700


def test_it_brings_what_an_auditor_needs(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    held = files_of(tmp_path / "out")
    assert b"python3 verify.py" in held["README.md"]
    assert held["proofs/merkle.py"] == Path("shared/proofs/merkle.py").read_bytes()
    assert held["schemas/envelope.json"] == Path("docs/schemas/envelope.json").read_bytes()
    assert len([path for path in held if path.startswith("schemas/")]) == len(list(Path("docs/schemas").glob("*.json")))
    done = subprocess.run(
        [sys.executable, "-S", "-I", str(tmp_path / "out/verify.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"All correct: 700 entries of {ORIGIN}" in done.stdout
    assert files_of(tmp_path / "out") == held, "checking leaves nothing behind"


def test_a_second_export_fetches_only_what_is_new_and_keeps_the_checkpoint(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    write_log(site.root, ENTRIES)
    site.asked.clear()
    assert exported(site, tmp_path / "out").fetched == 9
    assert sorted(site.asked) == [
        "checkpoint",
        "keys",
        "policy",
        "sources/keys",
        "sources/meetings?after=1500&limit=50000",
        "sources/meetings?after=700&limit=50000",
        *(f"tile/{row}/{name}" for row in ("0",) for name in ("002", "003", "004", "005.p/220")),
        "tile/1/000.p/5",
        *(f"tile/entries/{name}" for name in ("002", "003", "004", "005.p/220")),
    ]
    assert audit(Directory(tmp_path / "out")).earlier == (700,)
    partial = [path for path in files_of(tmp_path / "out") if ".p/" in path]
    assert sorted(partial) == ["tile/0/005.p/220", "tile/1/000.p/5", "tile/entries/005.p/220"]
    site.asked.clear()
    assert exported(site, tmp_path / "out").fetched == 0
    signatures = "sources/meetings?after=1500&limit=50000"
    assert sorted(site.asked) == ["checkpoint", "keys", "policy", "sources/keys", signatures]


def test_an_export_that_is_too_fast_waits_as_it_is_told(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "ATTEMPTS", 1)
    site.refusals = 40
    assert exported(site, tmp_path / "out").fetched > 0
    assert site.refusals == 0
    audit(Directory(tmp_path / "out"))


def test_an_export_broken_off_goes_on_where_it_was(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "ATTEMPTS", 1)
    monkeypatch.setattr(exporting, "FETCHES_AT_ONCE", 1)
    site.broken_at = "tile/0/001"
    with pytest.raises(NotExported, match="tile/0/001 answers 503"):
        exported(site, tmp_path / "out")
    assert not (tmp_path / "out/checkpoint").exists()
    with pytest.raises(ProofFailed, match="is missing"):
        audit(Directory(tmp_path / "out"))
    site.broken_at = ""
    assert exported(site, tmp_path / "out").fetched == 3
    audit(Directory(tmp_path / "out"))


def test_an_export_broken_off_leaves_the_one_before(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(site, tmp_path / "out")
    write_log(site.root, ENTRIES)
    monkeypatch.setattr(exporting, "ATTEMPTS", 1)
    site.broken_at = "tile/1"
    with pytest.raises(NotExported, match="503"):
        exported(site, tmp_path / "out")
    assert audit(Directory(tmp_path / "out")).verified.checkpoint.size == 700


@pytest.mark.parametrize("at", ["out/tile/1/000.p/5", "out/keys", "out/checkpoint"])
def test_an_export_killed_at_any_file_leaves_the_one_before_and_can_go_on(site: Site, tmp_path: Path, at: str) -> None:
    exported(site, tmp_path / "out")
    write_log(site.root, ENTRIES)
    code = """if True:
        import asyncio, os, pathlib, sys
        from services.command_line.exporting import export
        address, out, at = sys.argv[1:]
        replace = os.replace
        os.replace = lambda draft, to: os._exit(9) if str(to).endswith(at) else replace(draft, to)
        asyncio.run(export(address, None, pathlib.Path(out)))"""
    command = [sys.executable, "-c", code, site.address, str(tmp_path / "out"), at]
    assert subprocess.run(command, timeout=60, check=False).returncode == 9
    assert audit(Directory(tmp_path / "out")).verified.checkpoint.size == 700
    exported(site, tmp_path / "out")
    assert audit(Directory(tmp_path / "out")).verified.checkpoint.size == 1_500
    assert not [path for path in files_of(tmp_path / "out") if path.endswith(".part")]


def test_a_checkpoint_is_kept_though_its_export_was_killed_at_the_end(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    (tmp_path / "out/checkpoints/700").unlink()
    write_log(site.root, ENTRIES)
    exported(site, tmp_path / "out")
    assert audit(Directory(tmp_path / "out")).earlier == (700,)


@pytest.mark.parametrize("at", ["tile/0/001", "keys", "checkpoints/700"])
def test_a_full_disk_is_reported_as_such_and_leaves_no_draft(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    replace = os.replace

    def full(draft: Path, target: Path) -> None:
        if target == tmp_path / "out" / at:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        replace(draft, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        exported(site, tmp_path / "out")
    assert not [path for path in files_of(tmp_path / "out") if path.endswith(".part")]


def test_a_ledger_that_was_away_for_a_moment_is_asked_again(site: Site, tmp_path: Path) -> None:
    site.broken_at = "tile/0/001"
    mended = threading.Timer(0.3, lambda: setattr(site, "broken_at", ""))
    mended.start()
    assert exported(site, tmp_path / "out").checkpoint.size == 700
    mended.join()


def test_a_damaged_file_is_fetched_again(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    for path in ("tile/0/001", "tile/entries/001"):
        write(tmp_path, f"out/{path}", (tmp_path / f"out/{path}").read_bytes()[:-1])
    assert exported(site, tmp_path / "out").fetched == 2
    audit(Directory(tmp_path / "out"))


@pytest.mark.parametrize("size", [699, 700])
def test_a_log_that_went_back_does_not_overwrite_the_evidence(site: Site, tmp_path: Path, size: int) -> None:
    exported(site, tmp_path / "out")
    before = files_of(tmp_path / "out")
    write_log(site.root, [event(0, actor="chair"), *ENTRIES[1:size]])
    with pytest.raises(NotExported, match=r"rolled back or rewritten\. Keep this directory as evidence"):
        exported(site, tmp_path / "out")
    assert files_of(tmp_path / "out") == before


@pytest.mark.parametrize(("was", "now"), [(200, 210), (200, 300), (700, 800), (512, 1_500)])
def test_a_rewritten_log_that_grew_does_not_overwrite_the_evidence(tmp_path: Path, was: int, now: int) -> None:
    site = Site(write_log(tmp_path / "served", ENTRIES[:was]))
    try:
        exported(site, tmp_path / "out")
        before = files_of(tmp_path / "out")
        write_log(site.root, [*ENTRIES[:5], event(5, actor="chair"), *ENTRIES[6:now]])
        with pytest.raises(NotExported, match=f"of size {was} .* says size {now}, .* Keep this directory as evidence"):
            exported(site, tmp_path / "out")
    finally:
        site.stop()
    assert files_of(tmp_path / "out") == before


def test_an_entry_changed_under_its_old_hash_does_not_replace_what_it_was(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    kept = (tmp_path / "out/tile/entries/002.p/188").read_bytes()
    write_log(site.root, ENTRIES)
    write(site.root, "tile/entries/002", bundle([event(512, actor="chair"), *ENTRIES[513:768]]))
    exported(site, tmp_path / "out")
    assert (tmp_path / "out/tile/entries/002.p/188").read_bytes() == kept
    with pytest.raises(ProofFailed, match=r"Entry 512 .* is not what was recorded there"):
        audit(Directory(tmp_path / "out"))


def test_another_log_is_not_mixed_in(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    write_log(site.root, ENTRIES, log=SigningKey("other.example/ledger", bytes(32)))
    with pytest.raises(NotExported, match=r"holds the log .* but this is 'other\.example/ledger'"):
        exported(site, tmp_path / "out")


def test_checkpoints_of_an_old_key_can_still_be_checked(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    newer = SigningKey(ORIGIN, leaf_hash(b"the log's next key"))
    write_log(site.root, ENTRIES, log=newer)
    exported(site, tmp_path / "out")
    assert (tmp_path / "out/keys").read_text().split() == [newer.verifier.format(), LOG.verifier.format()]
    found = audit(Directory(tmp_path / "out"))
    assert (found.verified.logs, found.earlier) == ((newer.verifier,), (700,))


@pytest.mark.parametrize(
    ("path", "data", "why"),
    [
        ("checkpoint", b"<html>", "does not serve a valid checkpoint"),
        ("keys", b"\xff", "keys or .* has a line that is not a key"),
        ("tile/0/001", bytes(31), "tile/0/001 does not hold 256"),
        ("tile/entries/001", b"\0", "tile/entries/001 does not hold 256"),
        ("policy", None, "policy answers 404"),
    ],
)
def test_only_a_log_is_exported(site: Site, tmp_path: Path, path: str, data: bytes | None, why: str) -> None:
    (site.root / path).unlink()
    if data is not None:
        write(site.root, path, data)
    with pytest.raises(NotExported, match=why):
        exported(site, tmp_path / "out")
    assert not (tmp_path / "out/checkpoint").exists()


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "ftp://somewhere", "nonsense"])
def test_a_ledger_that_does_not_answer_is_reported_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(exporting, "ATTEMPTS", 1)
    with pytest.raises(NotExported, match=r"does not answer|not the address"):
        asyncio.run(export(address, None, tmp_path))
    with pytest.raises(ProofFailed, match="policy cannot be read"):
        audit(Website(address))


def test_an_export_served_by_any_web_server_is_checked_from_afar(site: Site, tmp_path: Path) -> None:
    exported(site, tmp_path / "out")
    site.root = tmp_path / "out"
    assert audit(Website(f"{site.address}/")).verified.checkpoint.size == 700
    write(site.root, "checkpoint", signed(700, EMPTY))
    with pytest.raises(ProofFailed, match="The root over the 700 entries is"):
        audit(Website(site.address))
    shutil.rmtree(site.root / "tile/entries")
    with pytest.raises(ProofFailed, match="tile/entries/000 is missing"):
        audit(Website(site.address))
    write(site.root, "checkpoint", bytes(2_000_000))
    with pytest.raises(ProofFailed, match="checkpoint has more than the 1000000 bytes"):
        audit(Website(site.address))


def test_the_ledger_itself_is_exported_and_checked(platform: RunningPlatform, partnership: str, tmp_path: Path) -> None:
    platform.caller("clerk", partnership).does(
        "membership", "/partnership", {"name": "Our Town", "area_code": "E07000192"}
    )
    ledger = f"{platform.addresses.http}/ledger"
    size = 0
    while not size:
        note = Note.parse(httpx2.get(f"{ledger}/checkpoint").content)
        size = Checkpoint.parse(note.text).size
    with pytest.raises(NotExported, match=r"tile/entries/000.* answers 401"):
        asyncio.run(export(ledger, None, tmp_path / "no"))
    with pytest.raises(ProofFailed, match="needs an auditor's token"):
        audit(Website(ledger))
    with pytest.raises(NotExported, match=r"answers 403: .*your token is for one"):
        asyncio.run(export(ledger, platform.token("clerk", partnership), tmp_path / "no"))
    token = platform.token("auditor", None)
    done = asyncio.run(export(ledger, token, tmp_path / "out"))
    assert done.checkpoint.size >= size
    assert audit(Directory(tmp_path / "out")).verified.checkpoint == done.checkpoint
    assert audit(Website(ledger, token)).verified.checkpoint.size >= done.checkpoint.size


@pytest.mark.timeout(240)
def test_the_commands_as_an_auditor_types_them(site: Site, tmp_path: Path) -> None:
    """Without a running platform: it is started for as long as the export takes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT", "DATABASE", "NATS"))}
    environment = {**kept, "FOLKMOOT_DATA": str(tmp_path / "data")}

    def folkmoot(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services.command_line.main", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    out = tmp_path / "out"
    done = folkmoot("export", str(out))
    assert done.returncode == 0, done.stderr
    assert "0 entries of folkmoot.local/ledger" in done.stdout
    assert folkmoot("verify", str(out)).stdout.startswith("All correct: 0 entries of folkmoot.local/ledger")

    large = write_log(tmp_path / "large", [event(number) for number in range(20_000)])
    done = folkmoot("verify", str(large))
    assert (done.returncode, done.stdout[:24]) == (0, "All correct: 20,000 entr"), done.stderr
    write(tmp_path, "theirs", b"quorum none\n")
    done = folkmoot("verify", str(large), "--policy", str(tmp_path / "theirs"))
    assert done.returncode == 1
    assert done.stdout == f"REFUSED: checkpoint: The checkpoint is of the log '{ORIGIN}'; the policy knows no log.\n"
    bundle = large / "tile/entries/071"
    bundle.write_bytes(bundle.read_bytes().replace(b"CAN-2", b"CAN-3", 1))
    done = folkmoot("verify", str(large))
    assert (done.returncode, done.stdout[:23]) == (1, "REFUSED: Entry 18176 (t")
    done = folkmoot("export", str(tmp_path / "other"), "--url", site.address)
    assert (done.returncode, site.tokens) == (0, {None}), "no other server sees our token"
    site.broken_at = "checkpoint"
    done = folkmoot("export", str(tmp_path / "other"), "--url", site.address, "--token", "theirs")
    assert (done.returncode, site.tokens) == (1, {None, "Bearer theirs"})
    assert "answers 503" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr
