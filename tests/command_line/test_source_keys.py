"""``folkmoot source-key``, and the runbook that has people type it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ledger_sources import sign
from typer.testing import CliRunner

from services import catalogue
from services.command_line.main import app
from services.ledger.batches import Head, Reason
from shared.proofs.merkle import ProofFailed
from shared.proofs.sources import SourceSignature
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.source_keys import register_sources, source_key_of, source_keys_of

RUNBOOK = Path(__file__).parents[2] / "docs/runbooks/source-keys.md"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A platform that has been migrated."""
    monkeypatch.setenv("FOLKMOOT_DATA", str(tmp_path / "data"))
    found = Settings(data=tmp_path / "data")
    register_sources(found, catalogue.SOURCES)
    return found


def folkmoot(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.output).split())


def test_a_key_is_changed_as_the_runbook_says(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    (log / "sources").mkdir(parents=True)
    old = source_key_of(settings, "meetings")
    first, head = sign(old, Head(), [b"1", b"2"])
    (log / "sources/meetings").write_text(f"{first.format()}\n")
    commands = re.findall(r"`folkmoot\s+(source-key (?:rotate|retire|show)[^`]*)`", RUNBOOK.read_text())
    assert commands[:3] == [
        "source-key rotate meetings",
        "source-key retire meetings <id>",
        "source-key show meetings",
    ]
    rotate, retire, show = (command.replace("<id>", old.verifier.key_id.hex()).split() for command in commands[:3])
    assert folkmoot(*rotate)[0] == 0
    new = source_key_of(settings, "meetings")
    assert source_keys_of(settings).of("meetings") == [old.verifier, new.verifier]

    code, said = folkmoot(*retire, "--log", str(log))
    assert (code, "no event of meetings that a newer key signed" in said) == (2, True)
    later, _ = sign(new, head, [b"3"])
    (log / "sources/meetings").write_text(f"{first.format()}\n{later.format()}\n")
    assert folkmoot(*retire, "--log", str(log))[0] == 0
    assert folkmoot(*show)[1] == f"{old.verifier.format()} until 2 {new.verifier.format()}"
    keys = source_keys_of(settings)
    keys.key("meetings", first)
    with pytest.raises(ProofFailed, match="retired at its event 2"):
        keys.key("meetings", SourceSignature(3, 1, old.verifier.key_id, bytes(64)))


def test_the_migration_keeps_a_retired_key_retired(settings: Settings) -> None:
    register = settings.source_register
    register.write_text(register.read_text().replace("\n", " until 7\n", 1))
    before = register.read_text()
    register_sources(settings, catalogue.SOURCES)
    assert register.read_text() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rotate", "reporting"), "'reporting' signs no events; these do:"),
        (("retire", "meetings", "0badc0de"), "meetings has no key '0badc0de'; there are"),
    ],
)
def test_what_cannot_be_done_is_said(settings: Settings, words: tuple[str, ...], said: str) -> None:
    code, output = folkmoot("source-key", *words)
    assert code == 2
    assert said in output


def test_a_key_cannot_be_looked_up_without_a_ledger(settings: Settings) -> None:
    key_id = source_key_of(settings, "meetings").verifier.key_id.hex()
    assert "The platform is not running." in folkmoot("source-key", "retire", "meetings", key_id)[1]


def test_the_runbook_explains_every_reason() -> None:
    table = RUNBOOK.read_text().partition("What the refusals")[2]
    assert all(f"`{reason}`" in table for reason in Reason)
