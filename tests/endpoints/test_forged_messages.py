"""Facts about attackers who have a service's user on NATS: the platform believes only what its services signed."""

from __future__ import annotations

import asyncio
import time

import httpx2
import msgspec
import nats
from board import ask, meet, open_reserve
from fixtures_platform import RunningPlatform

from shared.contracts.envelope import SEQUENCE_HEADER, SOURCE_HEADER, encode, nats_subject, open_envelope
from shared.contracts.examples import example_entry
from shared.runtime.ground.clock import new_id

DECISION, AWARD = "meetings.award_decided.v1", "funding.funds_awarded.v1"


def forge(platform: RunningPlatform, partnership: str, name: str, number: int) -> str:
    """Publish an event as if its service had; its id."""
    envelope = open_envelope(example_entry(name))
    subject = f"{partnership}/{envelope.subject.partition('/')[2]}"
    forged = msgspec.structs.replace(envelope, id=new_id(), partnership=partnership, subject=subject)
    source = forged.source.removeprefix("/")

    async def publish() -> None:
        # Whoever has the source's own user can publish under its name. They do not have its key.
        bus = await nats.connect(platform.nats_as(source), inbox_prefix=f"_INBOX_{source}")
        headers = {"Nats-Msg-Id": forged.id, SOURCE_HEADER: source, SEQUENCE_HEADER: str(number)}
        await bus.publish(nats_subject(forged), encode(forged), headers=headers)
        await bus.flush()
        await bus.close()

    asyncio.run(publish())
    return forged.id


def refused(platform: RunningPlatform, event_id: str) -> str:
    """Why the ledger refused a message, as soon as it shows it."""
    headers = {"Authorization": f"Bearer {platform.token('auditor', None)}"}
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = httpx2.get(f"{platform.addresses.http}/ledger/refused", headers=headers)
        for message in answer.raise_for_status().json()["refused"]:
            if event_id in message["origin"]:
                return str(message["reason"])
        time.sleep(0.1)
    raise AssertionError("the ledger does not show it")


def recorded(platform: RunningPlatform, service: str, partnership: str) -> int:
    """The number of a service's last event."""
    return int(platform.caller("clerk", partnership).get(service, "/record").json()["sequence"])


def test_a_forged_decision_awards_nothing(platform: RunningPlatform, partnership: str) -> None:
    clerk = platform.caller("clerk", partnership)
    open_reserve(clerk)
    ask(clerk, "worker")
    meet(clerk, ("worker",))
    before = recorded(platform, "funding", partnership)
    forged = forge(platform, partnership, DECISION, recorded(platform, "meetings", partnership) + 1)
    assert refused(platform, forged) == "not in the source's record"
    assert recorded(platform, "funding", partnership) == before
    assert not [each for each in clerk.get("meetings", "/awaiting").json() if each["kind"] == "effect_refused"]


def test_what_funding_acknowledges_after_a_forged_award_is_in_the_record(
    platform: RunningPlatform, partnership: str
) -> None:
    clerk = platform.caller("clerk", partnership)
    open_reserve(clerk)
    forged = forge(platform, partnership, AWARD, recorded(platform, "funding", partnership) + 1)
    ask(clerk, "worker")
    assert clerk.get("funding", "/requests/worker").json()["request"] == "worker"
    assert refused(platform, forged) in ("not in the source's record", "other bytes than recorded")
    receipt = httpx2.get(f"{platform.addresses.http}/ledger/receipts/{forged}.tlog-proof")
    assert receipt.status_code == 404
