"""A caller who records something gets a receipt, which can be checked without an account and without us."""

from __future__ import annotations

import httpx2
import msgspec
from fixtures_platform import RunningPlatform

from shared.proofs.policy import Policy
from shared.proofs.tlog_proof import TlogProof


def test_every_recorded_fact_has_a_receipt_that_a_stranger_can_check(
    platform: RunningPlatform, partnership: str
) -> None:
    clerk = platform.caller("clerk", partnership)
    answer = clerk.does("membership", "/partnership", {"name": "An area's partnership", "area_code": "E07000192"})
    (event,) = answer.json()["events"]
    link = answer.links["https://c2sp.org/tlog-proof"]["url"]
    assert link == f"/ledger/receipts/{event['id']}.tlog-proof"
    assert clerk.get("membership", "/organisations").status_code == 200  # the platform has followed the ledger so far

    stranger = httpx2.Client(base_url=platform.addresses.http, timeout=30)
    receipt = TlogProof.parse(stranger.get(link).content)
    policy = Policy.parse(stranger.get("/ledger/policy").content)
    auditor = platform.caller("auditor", partnership)
    shown = auditor.client.get(f"/ledger/entries/{receipt.position}")
    entry = bytes(msgspec.json.decode(shown.content, type=dict[str, msgspec.Raw])["event"])
    verified = receipt.verify(entry, policy)
    assert verified.checkpoint.size > receipt.position
