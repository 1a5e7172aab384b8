"""Personal data is sealed from the start, and erasing a person erases the name everywhere (design 10)."""

from __future__ import annotations

import io
import uuid
from pathlib import Path

import psycopg
import pytest
from anyio import from_thread
from fixtures_platform import Caller, RunningPlatform, running_platform

from services.command_line import forms
from services.command_line import replay as replaying
from services.command_line.replay_options import Form
from shared.runtime.identity.sealing import TOMBSTONE

SEAT = {"seat": "police", "organisation": "police", "office": "Superintendent", "in_force_from": "2014-06-02"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> RunningPlatform:
    """A platform whose whole data directory is this module's to search."""
    with running_platform(tmp_path_factory.mktemp("people")) as found:
        yield found


@pytest.fixture
def name() -> str:
    """A name that is used nowhere else."""
    return f"Zebedee Quill{uuid.uuid4().hex[:10]}"


@pytest.fixture
def clerk(own: RunningPlatform, partnership: str, name: str) -> Caller:
    """The clerk, after that person has taken a seat and another was named deputy."""
    clerk = own.caller("clerk", partnership)
    clerk.does("membership", "/partnership", {"name": "An area", "area_code": "E07000192"})
    clerk.does("membership", "/organisations", {"organisation": "police", "name": "The police", "sector": "police"})
    clerk.does("membership", "/groups", {"group": "board", "name": "Board", "kind": "strategic_board"})
    person = {"person": "person-1", "name": name, "contact": f"{name}@example.org", "organisation": "police"}
    clerk.does("membership", "/people", person, Idempotency_Key="register")
    clerk.does("membership", "/people", {"person": "person-2", "name": "Ada Sample", "organisation": "police"})
    clerk.does("membership", "/groups/board/seats", SEAT)
    filled = {"in_force_from": "2014-06-02"}
    clerk.does("membership", "/groups/board/seats/police/representative", {"person": "person-1", **filled})
    clerk.does("membership", "/groups/board/seats/police/deputies", {"person": "person-2", **filled})
    return clerk


def holder(caller: Caller) -> str | None:
    """The name in the police's seat, as this reader sees it."""
    (seat,) = caller.get("membership", "/groups/board/roster", as_at="2014-11-24").json()["seats"]
    shown: str | None = seat["representative"]["name"]
    return shown


def test_a_clerk_sees_names_and_a_reader_sees_posts(
    own: RunningPlatform, clerk: Caller, partnership: str, name: str
) -> None:
    assert holder(clerk) == name
    reader = own.caller("reader", partnership)
    reader.marks = clerk.marks
    assert holder(reader) is None


def test_an_erased_person_leaves_a_tombstone_and_the_record_stays(clerk: Caller) -> None:
    clerk.does("membership", "/people/person-1/erasure", {"reason": "Asked for on leaving."})
    assert holder(clerk) == TOMBSTONE
    (seat,) = clerk.get("membership", "/groups/board/roster", as_at="2014-11-24").json()["seats"]
    assert seat["representative"]["person"] == "person-1"
    assert [deputy["name"] for deputy in seat["deputies"]] == ["Ada Sample"]


def test_an_erased_person_takes_no_further_part(clerk: Caller) -> None:
    clerk.does("membership", "/people/person-1/erasure", {"reason": "Asked for on leaving."})
    body = {"person": "person-1", "in_force_from": "2015-01-05"}
    refused = clerk.post("membership", "/groups/board/seats/police/representative", body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/person-is-erased")


def test_replay_shows_no_name_before_or_after_erasure(own: RunningPlatform, clerk: Caller, name: str) -> None:
    def replayed() -> str:
        output = io.StringIO()

        async def everything() -> None:
            async with replaying.reading(own.addresses.grpc, own.token("auditor", None)) as reader:
                for form in Form:
                    wanted = replaying.Wanted(partnership=clerk.partnership)
                    await replaying.replay(reader, wanted, forms.writer(form, output))

        with from_thread.start_blocking_portal() as portal:
            portal.call(everything)
        return output.getvalue()

    assert "membership.person_registered.v1" in replayed()
    clerk.does("membership", "/people/person-1/erasure", {"reason": "Asked for on leaving."})
    holder(clerk)
    assert "membership.person_erased.v1" in replayed()
    assert name not in replayed()


def test_the_data_directory_contains_no_name_in_clear_text(own: RunningPlatform, clerk: Caller, name: str) -> None:
    """PostgreSQL with its log, JetStream, and our own logs are searched byte for byte."""
    assert holder(clerk) == name
    (surname,) = name.split()[1:]
    assert files_with(own.settings.data, b"person-1"), "the search must be able to find what is there"
    assert files_with(own.settings.data, surname.encode()) == []


def files_with(directory: Path, text: bytes) -> list[Path]:
    """The files that hold these bytes, after PostgreSQL has written out everything it has in memory."""
    socket = next(directory.rglob(".s.PGSQL.*[0-9]"))
    with psycopg.connect(host=str(socket.parent), user="folkmoot", dbname="folkmoot", autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    return [path for path in directory.rglob("*") if path.is_file() and text in path.read_bytes()]
