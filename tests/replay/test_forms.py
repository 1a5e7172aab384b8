"""Facts about the forms of a replay: JSON lines, CSV, a narrative to print, and continuing from a position."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ledger_sources import append, event

from services.command_line import forms, replay
from services.command_line.replay import Bookmark, NotRead, Reader, Wanted
from services.command_line.replay_options import Form, moment
from services.ledger.entry import examine
from services.ledger.log import Log
from services.reporting.narrative import sentence_about
from services.reporting.phrases.engine import sentence_of
from services.reporting.views.names import Names
from shared.contracts.envelope import CloudEvent, encode, encode_data, open_envelope, type_name
from shared.contracts.event import EVENTS, Event
from shared.contracts.examples import example_entry
from shared.contracts.meetings.decisions import DecisionRecorded, Outcome
from shared.contracts.meetings.meetings import MeetingScheduled
from shared.contracts.membership.groups import GroupFormed, GroupKind
from shared.contracts.membership.organisations import OrganisationRegistered, Sector
from shared.proofs.merkle import leaf_hash
from shared.values.roles import Role

if TYPE_CHECKING:
    from fixtures_ledger import RunningLedger
    from fixtures_platform import Caller, RunningPlatform

pytest_plugins = ["fixtures_ledger", "fixtures_platform"]
pytestmark = pytest.mark.anyio

HELD = dt.datetime(2014, 11, 24, 14, 40, tzinfo=dt.UTC)
WRITTEN_UP = dt.datetime(2014, 11, 26, 12, tzinfo=dt.UTC)


def fact(what: Event, **changed: object) -> CloudEvent:
    name = type_name(what)
    details: dict[str, object] = {"type": name, "data": encode_data(what), "time": HELD, "recordedtime": WRITTEN_UP}
    return event(name.partition(".")[0], **{"actor": "clerk:c-1", **details, **changed})


BOARD = fact(GroupFormed(group="board", name="Strategic Board", kind=GroupKind.STRATEGIC_BOARD), actor="clerk")
POLICE = fact(OrganisationRegistered(organisation="police", name="Staffordshire Police", sector=Sector.POLICE))
DECISION = fact(
    DecisionRecorded(
        meeting="board-2014-11-24",
        decision="blake-worker",
        group="board",
        item="requests",
        outcome=Outcome.NOTED,
        text="That the request be noted.",
        reasons="=The reserve is finite.",
        quorate=True,
        present=7,
        required=3,
    ),
    authority="Minutes of the Strategic Board",
)
UNHEARD = event("funding", actor="partner:police", authority="=HYPERLINK()", recordedtime=WRITTEN_UP, time=HELD)
STORY = (BOARD, DECISION, POLICE, UNHEARD)


@pytest.fixture
async def reader(log: Log, ledger: RunningLedger) -> Reader:
    """An auditor who reads a ledger of four entries."""
    last: dict[str, int] = {}
    for each in STORY:
        last[each.service] = last.get(each.service, 0) + 1
        await append(log, [examine(each.service, last[each.service], encode(each))])
    return Reader(ledger.stub, ledger.token(Role.AUDITOR))


async def written(reader: Reader, form: Form, wanted: Wanted | None = None, **asked: object) -> str:
    output = io.StringIO()
    await replay.replay(reader, wanted or Wanted(), forms.writer(form, output), **asked)  # type: ignore[arg-type]
    return output.getvalue()


async def test_a_line_holds_the_event_as_it_was_recorded_and_its_hash(reader: Reader) -> None:
    lines = (await written(reader, Form.JSONL)).splitlines()
    for position, (line, recorded) in enumerate(zip(lines, STORY, strict=True)):
        found = json.loads(line)
        assert found["position"] == position
        raw = line.partition('"event":')[2].removesuffix("}").encode()
        assert raw == encode(recorded)
        assert found["leaf_hash"] == leaf_hash(raw).hex()


async def test_a_narrative_gives_time_event_actor_authority_and_position(reader: Reader) -> None:
    told_ = await written(reader, Form.NARRATIVE, Wanted(partnership="cannock-chase", type=DECISION.type))
    assert told_ == textwrap.dedent(f"""\
        The record of the partnership cannock-chase, of the type meetings.decision_recorded.v1, in the
        order of the ledger.

        24 November 2014, 14:40
            The Strategic Board noted: That the request be noted. Reasons: =The reserve is finite. The
            meeting was quorate: seven members present, 3 needed.
            Recorded by the clerk (c-1) on 26 November 2014, 12:00, by authority of Minutes of the
            Strategic Board. Position 1, event {DECISION.id}.

        """)


async def test_a_narrative_names_later_organisations_and_shows_events_without_a_phrase(
    reader: Reader,
) -> None:
    story = await written(reader, Form.NARRATIVE, Wanted(service="funding"))
    assert "Something happened (what: x)." in story
    assert "Recorded by Staffordshire Police" in story


async def test_a_narrative_as_known_at_calls_nothing_by_a_name_learnt_later(log: Log, ledger: RunningLedger) -> None:
    early = fact(MeetingScheduled(**MEETING), recordedtime=HELD)  # type: ignore[arg-type]
    late = fact(GroupFormed(group="board", name="Executive Board", kind=GroupKind.EXECUTIVE_BOARD))
    await append(log, [examine("meetings", 1, encode(early)), examine("membership", 1, encode(late))])
    auditor = Reader(ledger.stub, ledger.token(Role.AUDITOR))
    assert "A meeting of the Executive Board was called" in await written(auditor, Form.NARRATIVE)
    assert "A meeting of the board was called" in await written(auditor, Form.NARRATIVE, Wanted(as_known_at=HELD))


MEETING = {
    "meeting": "board-2014-11-24",
    "group": "board",
    "title": "Board, November",
    "starts_at": HELD,
    "place": "Civic Centre",
    "agenda_closes_on": dt.date(2014, 11, 10),
    "papers_due_on": dt.date(2014, 11, 17),
}


async def test_a_spreadsheet_reads_every_column_back_and_runs_nothing(reader: Reader) -> None:
    text = await written(reader, Form.CSV)
    assert text.count("\r\n") == 5
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["position"] for row in rows] == ["0", "1", "2", "3"]
    for row, recorded in zip(rows, STORY, strict=True):
        assert json.loads(row["data"]) == json.loads(bytes(recorded.data))
        assert (row["event_id"], row["actor"], row["service"]) == (recorded.id, recorded.actor, recorded.service)
        assert dt.datetime.fromisoformat(row["happened_at"]) == recorded.time
    assert rows[3]["authority"] == "'=HYPERLINK()"


async def test_what_goes_on_has_no_second_heading(reader: Reader) -> None:
    output = io.StringIO()
    await replay.replay(reader, Wanted(), forms.writer(Form.CSV, output))
    await replay.replay(reader, Wanted(), forms.writer(Form.CSV, output, goes_on=True), first=2)
    assert output.getvalue().count("position,happened_at") == 1
    assert len(output.getvalue().splitlines()) == 1 + 4 + 2


async def test_an_interrupted_replay_goes_on_without_gap_or_double(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ledger.pages.MAX_ENTRIES", 1)
    monkeypatch.setattr("services.ledger.pages.Pages.read.__defaults__", (1,))
    bookmark = Bookmark(tmp_path / "place", Wanted())
    seen: list[int] = []

    class Failing:
        """A writer whose disk is full at its second entry."""

        room = 1

        async def begin(self, reader: Reader, wanted: Wanted) -> None: ...

        def write(self, entry: object) -> None:
            if not self.room:
                raise OSError("disk full")
            self.room -= 1
            seen.append(entry.position)  # type: ignore[attr-defined]

        def flush(self) -> None: ...

    for _ in range(3):
        with pytest.raises(OSError, match="disk full"):
            await replay.replay(reader, Wanted(), Failing(), first=bookmark.position() or 0, reached=bookmark.keep)
    await replay.replay(reader, Wanted(), Failing(), first=bookmark.position() or 0, reached=bookmark.keep)
    assert seen == [0, 1, 2, 3]
    assert bookmark.position() == 4


def test_a_place_is_that_of_one_replay(tmp_path: Path) -> None:
    path = tmp_path / "place"
    assert Bookmark(path, Wanted()).position() is None
    Bookmark(path, Wanted(actor="clerk:c-1")).keep(7)
    assert Bookmark(path, Wanted(actor="clerk:c-1")).position() == 7
    with pytest.raises(NotRead, match="another replay"):
        Bookmark(path, Wanted()).position()
    path.write_text("7")
    with pytest.raises(NotRead, match="does not hold a replay's position"):
        Bookmark(path, Wanted()).position()


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2014-11-24", "2014-11-24T23:59:59.999999+00:00"),
        ("2014-06-30", "2014-06-30T22:59:59.999999+00:00"),  # the clocks of London are an hour ahead in summer
        ("2014-06-30T12:00", "2014-06-30T11:00:00+00:00"),
        ("2014-06-30T12:00Z", "2014-06-30T12:00:00+00:00"),
    ],
)
def test_a_day_means_its_end_by_londons_clock(text: str, means: str) -> None:
    assert moment(text) == dt.datetime.fromisoformat(means)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_has_a_sentence(name: str) -> None:
    envelope = open_envelope(example_entry(name))
    said = sentence_about(envelope, Names("cannock-chase"))
    assert said[0].isupper() or said[0] in "£“0123456789"
    assert said.rstrip("”")[-1] in ".?!"
    assert not any(mark in said for mark in ("_", "{", "}", "None", "..", "  ")), said


def test_every_event_has_a_sentence_of_its_own() -> None:
    """Events of another release are shown field by field; this release's own have sentences (docs/adding.md)."""
    names = Names("cannock-chase")
    assert [name for name in EVENTS if sentence_of(open_envelope(example_entry(name)).event(), names) is None] == []


def folkmoot(platform: RunningPlatform, *words: str) -> subprocess.CompletedProcess[str]:
    token = platform.token("auditor", None)
    return subprocess.run(
        [sys.executable, "-m", "services.command_line.main", "replay", "--ledger", platform.addresses.grpc, *words],
        env={**os.environ, "FOLKMOOT_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def clerk(platform: RunningPlatform, partnership: str) -> Caller:
    clerk = platform.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "Our Town", "area_code": "E07000192"})
    clerk.does("membership", "/organisations", {"organisation": "police", "name": "The police", "sector": "police"})
    clerk.get("reporting", "/position")
    return clerk


def test_the_command_replays_a_ledger_elsewhere_and_resumes(
    platform: RunningPlatform, clerk: Caller, tmp_path: Path
) -> None:
    asked = ("--partnership", clerk.partnership, "--as", "narrative", "--resume", str(tmp_path / "place"))
    first = folkmoot(platform, *asked)
    assert first.returncode == 0, first.stderr
    assert "The partnership Our Town was established, for the area E07000192." in first.stdout
    assert first.stderr.startswith("next position: ")
    clerk.does("membership", "/groups", {"group": "board", "name": "Board", "kind": "strategic_board"})
    clerk.get("reporting", "/position")
    second = folkmoot(platform, *asked)
    assert "established" not in second.stdout
    assert "The record of" not in second.stdout
    assert "The Board was formed: strategic board." in second.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--as-at", "yesterday"], "yesterday"),
        (["--follow", "--as-at", "2014-11-24"], "never ends"),
        (["--resume", "x", "--from", "3"], "leave out --from"),
        (["--as", "pdf"], "pdf"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(platform: RunningPlatform, words: list[str], says: str) -> None:
    done = folkmoot(platform, *words)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())


def test_what_the_ledger_refuses_is_said_in_its_words(platform: RunningPlatform) -> None:
    done = folkmoot(platform, "--from", "1000000000")
    assert done.returncode == 1
    assert "OUT_OF_RANGE" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_names_every_option_there_is() -> None:
    help_ = subprocess.run(
        [sys.executable, "-m", "services.command_line.main", "replay", "--help"],
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    page = (Path(__file__).parents[2] / "docs/replay.md").read_text()
    options = set(re.findall(r"--[a-z][a-z-]+", help_)) - {"--help"}
    assert set(re.findall(r"--[a-z][a-z-]+", page)) == options
