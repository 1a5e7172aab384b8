"""What is handed over is for its recipient alone, for a minute, and for one use; its answer is for its asker alone."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.ground.settings import Settings
from shared.runtime.identity.handover import LIFETIME_S, HandoverEndpoint, HandoverKey, NotHandedOver, handover_key_of
from shared.runtime.identity.secret_files import UnusableSecret

SECRET = bytes(range(32))
NOON = dt.datetime(2014, 11, 24, 12, tzinfo=dt.UTC)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> dt.datetime:
        return self.time

    def moves(self, seconds: float) -> None:
        self.time += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key() -> HandoverKey:
    return HandoverKey("partners", "projects", SECRET)


@pytest.fixture
def endpoint(key: HandoverKey, clock: Clock) -> HandoverEndpoint:
    return HandoverEndpoint([key], clock)


def test_a_request_is_taken_and_its_answer_opened(key: HandoverKey, endpoint: HandoverEndpoint, clock: Clock) -> None:
    sealed, number = key.seal_request(b"a command", clock)
    assert b"a command" not in sealed
    taken = endpoint.take(sealed)
    assert (taken.sender, taken.number, taken.body) == ("partners", number, b"a command")
    answer = taken.answer(b"accepted")
    assert b"accepted" not in answer
    assert key.open_answer(number, answer) == b"accepted"


def test_a_request_is_taken_once(key: HandoverKey, endpoint: HandoverEndpoint, clock: Clock) -> None:
    sealed, _ = key.seal_request(b"a command", clock)
    endpoint.take(sealed)
    for seconds in (0, 1, LIFETIME_S - 1):
        clock.moves(seconds)
        with pytest.raises(NotHandedOver):
            endpoint.take(sealed)
    again, _ = key.seal_request(b"a command", clock)
    assert again != sealed
    assert endpoint.take(again).body == b"a command"


@pytest.mark.parametrize("seconds", [LIFETIME_S + 1, -LIFETIME_S - 1, 86_400, -86_400])
def test_a_request_of_another_time_is_refused_and_the_clocks_are_named(
    key: HandoverKey, endpoint: HandoverEndpoint, clock: Clock, seconds: float
) -> None:
    sealed, _ = key.seal_request(b"a command", clock)
    clock.moves(seconds)
    with pytest.raises(NotHandedOver, match="check both clocks"):
        endpoint.take(sealed)


def test_a_clock_set_back_lets_no_request_in_twice(key: HandoverKey, endpoint: HandoverEndpoint, clock: Clock) -> None:
    sealed, _ = key.seal_request(b"a command", clock)
    clock.moves(LIFETIME_S)
    endpoint.take(sealed)
    clock.moves(-LIFETIME_S)
    with pytest.raises(NotHandedOver, match="used before"):
        endpoint.take(sealed)


def test_a_request_is_for_no_other_service_even_under_the_same_secret(key: HandoverKey, clock: Clock) -> None:
    sealed, _ = key.seal_request(b"a command", clock)
    for service, secret in (("funding", SECRET), ("projects", bytes(32))):
        with pytest.raises(NotHandedOver, match="not sealed"):
            HandoverEndpoint([HandoverKey("partners", service, secret)], clock).take(sealed)


def test_each_sender_has_its_own_secret_and_cannot_speak_as_another(clock: Clock) -> None:
    partners, reporting = (HandoverKey(sender, "meetings", SECRET) for sender in ("partners", "reporting"))
    endpoint = HandoverEndpoint([partners, reporting], clock)
    for key in (partners, reporting):
        sealed, number = key.seal_request(b"a command", clock)
        taken = endpoint.take(sealed)
        assert taken.sender == key.sender
        assert key.open_answer(number, taken.answer(b"accepted")) == b"accepted"
    sealed, _ = reporting.seal_request(b"a command", clock)
    with pytest.raises(NotHandedOver, match="not sealed"):
        HandoverEndpoint([partners], clock).take(sealed)


@given(data=st.binary(max_size=200))
def test_what_nobody_sealed_is_refused(data: bytes) -> None:
    with pytest.raises(NotHandedOver):
        HandoverEndpoint([HandoverKey("partners", "projects", SECRET)], Clock()).take(data)


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_request_with_one_bit_changed_is_refused(at: int, bit: int) -> None:
    key = HandoverKey("partners", "projects", SECRET)
    changed = bytearray(key.seal_request(b"a command", Clock())[0])
    changed[at % len(changed)] ^= 1 << bit
    with pytest.raises(NotHandedOver):
        HandoverEndpoint([key], Clock()).take(bytes(changed))


def test_an_answer_that_somebody_forges_or_mixes_up_is_not_believed(key: HandoverKey, clock: Clock) -> None:
    sealed, number = key.seal_request(b"a command", clock)
    _, other = key.seal_request(b"a command", clock)
    answer = key.seal_answer(number, b"accepted")
    stranger = HandoverKey("partners", "projects", bytes(32)).seal_answer(number, b"accepted")
    for wrong in (b"", answer[:-1], stranger, key.seal_answer(other, b"accepted"), sealed):
        with pytest.raises(NotHandedOver):
            key.open_answer(number, wrong)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path, clock: Clock) -> None:
    settings = Settings(data=tmp_path)
    sealed, number = handover_key_of(settings, "partners", "projects").seal_request(b"a command", clock)
    again = handover_key_of(settings, "partners", "projects")
    assert HandoverEndpoint([again], clock).take(sealed) == (again, number, b"a command")
    path = settings.secrets / "handover" / "partners" / "projects"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("too short\n")
    with pytest.raises(UnusableSecret, match="handover/partners/projects must hold 32 bytes"):
        handover_key_of(settings, "partners", "projects")
