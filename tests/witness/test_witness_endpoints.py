"""A witness over HTTP: the protocol, malformed requests, and the page for people."""

from __future__ import annotations

import datetime as dt
import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from witness.harness import AgencyWitness, RestartableServer
from witness.some_log import ORIGIN, SomeLog, request

from services.witness.known import KnownLogs
from services.witness.service import open_witness
from services.witness.submission import Submission
from services.witness.web import MAX_BODY_BYTES, MAX_SHOWN, witness_app
from shared.proofs.merkle import Malformed
from shared.proofs.note import Note, VerifierKey

# One server is enough for a thousand requests that change nothing.
EASY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def log() -> SomeLog:
    return SomeLog(10)


@pytest.fixture
def agency(log: SomeLog, tmp_path: Path) -> Iterator[AgencyWitness]:
    agency = AgencyWitness("fire", tmp_path, [key.verifier for key in log.keys.keys])
    agency.start()
    yield agency
    agency.stop()


def sent(agency: RestartableServer, body: bytes) -> httpx2.Response:
    return httpx2.post(
        f"{agency.url}/add-checkpoint", content=body, verify=False
    )  # plain HTTP: no certificates are read


def test_the_answers_are_those_of_the_specification(agency: AgencyWitness, log: SomeLog) -> None:
    answer = sent(agency, log.request(0))
    assert answer.status_code == 200
    assert answer.text.startswith("— fire.example/witness ")
    assert answer.text.endswith("\n")
    # "The client MAY concatenate it to the checkpoint, and use a note verification function."
    note = Note.parse(log.note().format() + answer.content)
    assert note.verify([agency.witness.verifier]) == [agency.witness.verifier]
    conflict = sent(agency, log.grow(5).request(0))
    assert conflict.status_code == 409
    assert conflict.content == b"10\n"
    assert conflict.headers["content-type"] == "text/x.tlog.size"
    statuses = {
        404: SomeLog(1, "elsewhere.example/log").request(0),
        403: request(0, [], Note(log.note(4).text, log.note().signatures).format()),
        400: b"old 1\n\n",
        422: log.request(10, proof=[bytes(32)]),
    }
    for status, body in statuses.items():
        refused = sent(agency, body)
        assert refused.status_code == status
        assert refused.text.endswith(".\n")
    assert httpx2.get(f"{agency.url}/add-checkpoint").status_code == 405


def test_the_latest_checkpoint_is_there_for_monitors(agency: AgencyWitness, log: SomeLog) -> None:
    place = f"{agency.url}/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert httpx2.get(place).status_code == 404
    sent(agency, log.request(0))
    note = Note.parse(httpx2.get(place).content)
    keys = [*(key.verifier for key in log.keys.keys), agency.witness.verifier]
    assert note.verify(keys) == keys
    assert note.text == log.note().text
    assert httpx2.get(f"{agency.url}/{'0' * 64}/checkpoint").status_code == 404


def test_a_body_beyond_the_limit_is_not_read(agency: AgencyWitness) -> None:
    assert sent(agency, b"x" * MAX_BODY_BYTES).status_code == 400
    assert sent(agency, b"x" * (MAX_BODY_BYTES + 1)).status_code == 413


def test_a_sender_that_dawdles_is_sent_away(log: SomeLog, tmp_path: Path) -> None:
    known = KnownLogs([key.verifier for key in log.keys.keys])
    served = RestartableServer(witness_app(open_witness(tmp_path, "fire.example/witness", known), read_seconds=0.1))
    served.start()
    try:
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as dawdler:
            dawdler.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 100\r\n\r\nold")
            assert dawdler.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert sent(served, log.request(0)).status_code == 200
    finally:
        served.stop()


def test_a_witness_that_cannot_remember_does_not_cosign(agency: AgencyWitness, log: SomeLog, tmp_path: Path) -> None:
    (tmp_path / "fire" / "witness.db").write_bytes(b"not a database " * 1000)
    for answer in (sent(agency, log.request(0)), httpx2.get(agency.url)):
        assert answer.status_code == 503
        assert "cosigns nothing" in answer.text
        assert answer.headers["retry-after"] == "5"


@EASY
@given(st.binary(max_size=400))
def test_random_bytes_are_a_bad_request(agency: AgencyWitness, body: bytes) -> None:
    assert sent(agency, body).status_code == 400


lines = st.sampled_from(
    ["old 0", "old 10", "old 5", "old", "", "x", "A" * 43 + "=", ORIGIN, "10", "0", "— fire.example/witness AAAA", "— "]
) | st.text(max_size=20)


@EASY
@given(st.lists(lines, max_size=12).map("\n".join), st.booleans())
def test_lines_in_any_order_are_answered_without_a_crash(agency: AgencyWitness, text: str, ends: bool) -> None:
    answer = sent(agency, (text + "\n" * ends).encode(errors="replace"))
    assert answer.status_code in (400, 403, 404)


@EASY
@given(st.data())
def test_a_request_with_a_changed_byte_is_never_cosigned_as_something_else(
    agency: AgencyWitness, log: SomeLog, data: st.DataObject
) -> None:
    body = bytearray(log.request(0))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    answer = sent(agency, bytes(body))
    assert answer.status_code in (200, 400, 403, 404, 409, 422)
    if answer.status_code == 200:
        assert Note.parse(log.note().format() + answer.content).verify([agency.witness.verifier])


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.integers(0, 10),
)
def test_what_is_sent_is_what_is_read(old: int, proof: list[bytes], size: int) -> None:
    log = SomeLog(10)
    found = Submission.parse(request(old, proof, log.note(size).format()))
    assert (found.old, list(found.proof), found.note) == (old, proof, log.note(size))
    assert (found.checkpoint.size, found.checkpoint.root) == (size, log.root(size))


@given(st.binary(max_size=300))
def test_reading_never_crashes(body: bytes) -> None:
    with pytest.raises(Malformed):
        Submission.parse(b"old 0\n\n" + body)


def test_the_page_says_who_is_watching_what(agency: AgencyWitness, log: SomeLog) -> None:
    page = httpx2.get(agency.url)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert agency.witness.verifier.format() in page.text
    assert log.vkeys[0] in page.text
    assert "has not yet sent a checkpoint" in page.text
    assert "does not say that the records are true" in page.text
    sent(agency, log.request(0))
    page = httpx2.get(agency.url)
    assert "<dd>10</dd>" in page.text
    assert log.root().hex() in page.text
    assert f"{dt.datetime.now(dt.UTC):%B %Y}" in page.text
    assert "No refusals." in page.text
    assert "alarm" not in page.text.partition("</style>")[2]


def test_the_page_shows_each_refusal_in_red_words(agency: AgencyWitness, log: SomeLog) -> None:
    sent(agency, log.request(0))
    sent(agency, log.fork(6, 4).request(10))
    sent(agency, log.request(0, 4))
    shown = httpx2.get(agency.url).text.partition("</style>")[2]
    assert "Proof against this log: fork" in shown
    assert "Refused: rollback" in shown
    assert shown.count('<div class="alarm">') == 2
    assert "No refusals" not in shown
    assert log.fork(6, 4).note().signatures[0].name in shown


def test_the_page_stays_short_and_the_evidence_whole(agency: AgencyWitness, log: SomeLog) -> None:
    sent(agency, log.grow(40).request(0))
    for size in range(MAX_SHOWN + 10):
        sent(agency, log.request(0, size))
    page = httpx2.get(agency.url).text
    assert page.count('<div class="alarm">') == MAX_SHOWN
    assert "10 older refusals" in page
    evidence = httpx2.get(f"{agency.url}/evidence").json()
    assert VerifierKey.parse(evidence["witness"]) == agency.witness.verifier
    assert len(evidence["refusals"]) == MAX_SHOWN + 10
    assert not any(refusal["proves_misconduct"] for refusal in evidence["refusals"])


def test_what_a_log_calls_itself_cannot_become_markup(tmp_path: Path) -> None:
    log = SomeLog(3, "<script>alert(1)</script>")
    agency = AgencyWitness("fire", tmp_path, [key.verifier for key in log.keys.keys])
    agency.start()
    try:
        sent(agency, log.request(0))
        sent(agency, log.fork(1, 2).request(3))
        assert "<script>" not in httpx2.get(agency.url).text
    finally:
        agency.stop()
