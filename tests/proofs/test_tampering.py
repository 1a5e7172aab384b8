"""Any tampering with a log is found, and reported with its place.

The auditor has a policy of their own: two of three agencies must have cosigned. The log has 70,000 entries, so that
tiles of three levels are there, and checkpoints of sizes on the way were kept.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from written_logs import (
    AGENCIES,
    LOG,
    MEETINGS,
    ORIGIN,
    audit,
    event,
    policy,
    signed,
    write,
    write_log,
    write_signatures,
)

from shared.proofs.files import Directory
from shared.proofs.merkle import CompactRange, ProofFailed, leaf_hash
from shared.proofs.note import Note
from shared.proofs.policy import Policy
from shared.proofs.sources import SourceKeys, SourceSignature
from shared.proofs.tiles import WIDTH, bundle, entries_of
from shared.runtime.identity.signing import SigningKey

SIZE = 70_000
EARLIER = (300, 512, 65_536)
SMALL = 700
STRANGER = SigningKey(ORIGIN, leaf_hash(b"a stranger who calls himself the log"))


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    return [event(number) for number in range(SIZE)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, entries: list[bytes]) -> Path:
    root = write_log(tmp_path_factory.mktemp("whole"), entries, EARLIER)
    audit(Directory(root), policy())
    return root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    """A copy to be tampered with; its files are the whole log's until they are replaced."""
    return Path(shutil.copytree(whole, tmp_path / "log", copy_function=_link))


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def put(root: Path, path: str, data: bytes) -> None:
    """Replace a file without changing the original that it is linked to."""
    (root / path).unlink(missing_ok=True)
    write(root, path, data)


def change(root: Path, path: str, old: bytes, new: bytes) -> None:
    data = (root / path).read_bytes()
    assert old in data
    put(root, path, data.replace(old, new, 1))


def in_bundle(root: Path, index: int, work: Callable[[list[bytes]], list[bytes]]) -> None:
    path = f"tile/entries/{index:03}"
    put(root, path, bundle(work(entries_of((root / path).read_bytes()))))


def root_of(entries: list[bytes]) -> bytes:
    tree = CompactRange()
    for entry in entries:
        tree.add(leaf_hash(entry))
    return tree.root()


def rewritten(root: Path, entries: list[bytes], *, agencies: tuple[str, ...] = AGENCIES, log: SigningKey = LOG) -> None:
    """Write the whole log again over other entries, signed, and keep the earlier checkpoints unchanged."""
    kept = {path.name: path.read_bytes() for path in (root / "checkpoints").iterdir()}
    shutil.rmtree(root)
    write_log(root, entries, log=log)
    put(root, "checkpoint", signed(len(entries), root_of(entries), agencies, log))
    shutil.rmtree(root / "checkpoints")
    for name, data in kept.items():
        write(root, f"checkpoints/{name}", data)


# Each takes the log's directory and its entries, and does one thing to it.


def an_entry_changed(root: Path, _: list[bytes]) -> None:
    in_bundle(root, 3, lambda held: [*held[:10], held[10].replace(b"130778", b"930778"), *held[11:]])


def an_entry_dropped(root: Path, _: list[bytes]) -> None:
    in_bundle(root, 3, lambda held: [*held[:10], *held[11:]])


def the_last_entry_of_a_bundle_dropped(root: Path, _: list[bytes]) -> None:
    in_bundle(root, 3, lambda held: held[:-1])


def two_entries_swapped(root: Path, _: list[bytes]) -> None:
    in_bundle(root, 3, lambda held: [*held[:10], held[11], held[10], *held[12:]])


def an_entry_doubled(root: Path, _: list[bytes]) -> None:
    in_bundle(root, 3, lambda held: [*held[:11], held[10], *held[11:-1]])


def an_entry_inserted(root: Path, _: list[bytes]) -> None:
    in_bundle(root, 3, lambda held: [*held[:10], event(999_999), *held[10:-1]])


def an_entry_added_to_a_bundle(root: Path, _: list[bytes]) -> None:
    in_bundle(root, 3, lambda held: [*held, event(999_999)])


def an_entry_added_at_the_end(root: Path, _: list[bytes]) -> None:
    path = "tile/entries/273.p/112"
    put(root, path, (root / path).read_bytes() + bundle([event(SIZE)]))


def two_bundles_swapped(root: Path, _: list[bytes]) -> None:
    three, four = ((root / f"tile/entries/{index:03}").read_bytes() for index in (3, 4))
    put(root, "tile/entries/003", four)
    put(root, "tile/entries/004", three)


def a_bundle_cut_short(root: Path, _: list[bytes]) -> None:
    put(root, "tile/entries/003", (root / "tile/entries/003").read_bytes()[:-5])


def a_bundle_removed(root: Path, _: list[bytes]) -> None:
    (root / "tile/entries/003").unlink()


def the_tail_cut_off(root: Path, _: list[bytes]) -> None:
    shutil.rmtree(root / "tile/entries/273.p")


def a_bundle_that_is_a_directory(root: Path, _: list[bytes]) -> None:
    (root / "tile/entries/003").unlink()
    (root / "tile/entries/003").mkdir()


def a_hash_of_an_entry_changed(root: Path, entries: list[bytes]) -> None:
    change(root, "tile/0/003", leaf_hash(entries[778]), leaf_hash(b"another"))


def an_entry_and_its_hash_changed(root: Path, entries: list[bytes]) -> None:
    an_entry_changed(root, entries)
    put(root, "tile/0/003", b"".join(map(leaf_hash, entries_of((root / "tile/entries/003").read_bytes()))))


def an_entry_its_hash_and_the_hash_above_changed(root: Path, entries: list[bytes]) -> None:
    an_entry_and_its_hash_changed(root, entries)
    right, wrong = root_of(entries[768:1024]), root_of(entries_of((root / "tile/entries/003").read_bytes()))
    change(root, "tile/1/000", right, wrong)


def a_hash_of_level_one_changed(root: Path, entries: list[bytes]) -> None:
    change(root, "tile/1/000", root_of(entries[768:1024]), leaf_hash(b"another"))


def a_hash_of_level_one_changed_at_the_edge(root: Path, entries: list[bytes]) -> None:
    change(root, "tile/1/001.p/17", root_of(entries[69_632:69_888]), leaf_hash(b"another"))


def the_highest_tile_changed(root: Path, _: list[bytes]) -> None:
    put(root, "tile/2/000.p/1", leaf_hash(b"another"))


def two_hashes_of_a_tile_swapped(root: Path, _: list[bytes]) -> None:
    tile = (root / "tile/0/003").read_bytes()
    put(root, "tile/0/003", tile[32:64] + tile[:32] + tile[64:])


def an_entry_changed_and_the_hash_of_another(root: Path, entries: list[bytes]) -> None:
    an_entry_changed(root, entries)
    change(root, "tile/0/003", leaf_hash(entries[780]), leaf_hash(b"another"))


def a_tile_cut_short(root: Path, _: list[bytes]) -> None:
    put(root, "tile/1/000", (root / "tile/1/000").read_bytes()[:-32])


def a_tile_made_longer(root: Path, _: list[bytes]) -> None:
    put(root, "tile/0/003", (root / "tile/0/003").read_bytes() + bytes(32))


def a_tile_removed(root: Path, _: list[bytes]) -> None:
    (root / "tile/1/000").unlink()


def the_size_lowered(root: Path, _: list[bytes]) -> None:
    change(root, "checkpoint", b"\n70000\n", b"\n69999\n")


def the_size_written_another_way(root: Path, _: list[bytes]) -> None:
    change(root, "checkpoint", b"\n70000\n", b"\n070000\n")


def the_root_changed(root: Path, _: list[bytes]) -> None:
    change(root, "checkpoint", b"=\n\n", b"\n\n")


def the_origin_changed(root: Path, _: list[bytes]) -> None:
    change(root, "checkpoint", b"folkmoot.example", b"folkmoot.exampl3")


def the_signature_changed(root: Path, _: list[bytes]) -> None:
    note = Note.parse((root / "checkpoint").read_bytes())
    first = note.signatures[0]
    wrong = first._replace(signature=first.signature[:-1] + bytes([first.signature[-1] ^ 1]))
    put(root, "checkpoint", note._replace(signatures=(wrong, *note.signatures[1:])).format())


def the_signature_removed(root: Path, _: list[bytes]) -> None:
    note = Note.parse((root / "checkpoint").read_bytes())
    put(root, "checkpoint", note._replace(signatures=note.signatures[1:]).format())


def the_checkpoint_signed_by_a_stranger(root: Path, entries: list[bytes]) -> None:
    put(root, "checkpoint", signed(SIZE, root_of(entries), log=STRANGER))


def the_checkpoint_removed(root: Path, _: list[bytes]) -> None:
    (root / "checkpoint").unlink()


def a_cosignature_changed(root: Path, _: list[bytes]) -> None:
    note = Note.parse((root / "checkpoint").read_bytes())
    second = note.signatures[1]
    wrong = second._replace(signature=bytes(8) + second.signature[8:])  # the same signature at another time
    put(root, "checkpoint", note._replace(signatures=(note.signatures[0], wrong, *note.signatures[2:])).format())


def all_but_one_cosignature_removed(root: Path, _: list[bytes]) -> None:
    note = Note.parse((root / "checkpoint").read_bytes())
    put(root, "checkpoint", note._replace(signatures=note.signatures[:2]).format())


def one_cosignature_three_times(root: Path, _: list[bytes]) -> None:
    note = Note.parse((root / "checkpoint").read_bytes())
    log, first, *_rest = note.signatures
    put(root, "checkpoint", note._replace(signatures=(log, first, first, first)).format())


def a_cosignature_of_another_size(root: Path, _: list[bytes]) -> None:
    now = Note.parse((root / "checkpoint").read_bytes())
    then = Note.parse((root / "checkpoints/65536").read_bytes())
    put(root, "checkpoint", now._replace(signatures=(now.signatures[0], *then.signatures[1:])).format())


def the_key_replaced(root: Path, _: list[bytes]) -> None:
    put(root, "keys", f"{STRANGER.verifier.format()}\n".encode())


def the_key_changed(root: Path, _: list[bytes]) -> None:
    change(root, "keys", b"folkmoot", b"folkm00t")


def everything_made_anew_by_a_stranger(root: Path, entries: list[bytes]) -> None:
    shutil.rmtree(root)
    write_log(root, [*entries[:500], event(500, data={"what": "better"}), *entries[501:SMALL]], log=STRANGER)


def the_log_rolled_back(root: Path, entries: list[bytes]) -> None:
    put(root, "checkpoint", (root / "checkpoints/65536").read_bytes())


def an_old_checkpoint_changed(root: Path, _: list[bytes]) -> None:
    change(root, "checkpoints/512", b"\n512\n", b"\n513\n")


def an_old_checkpoint_under_another_size(root: Path, _: list[bytes]) -> None:
    put(root, "checkpoints/400", (root / "checkpoints/512").read_bytes())


def a_cosignature_of_an_old_checkpoint_changed(root: Path, _: list[bytes]) -> None:
    note = Note.parse((root / "checkpoints/512").read_bytes())
    last = note.signatures[-1]
    wrong = last._replace(signature=bytes(8) + last.signature[8:])
    put(root, "checkpoints/512", note._replace(signatures=(*note.signatures[:-1], wrong)).format())


def another_log_signed_and_cosigned(root: Path, _: list[bytes]) -> None:
    shutil.rmtree(root / "checkpoints")
    put(root, "checkpoint", signed(SIZE, leaf_hash(b"the root of another log")))


def an_old_checkpoint_by_a_stranger(root: Path, _: list[bytes]) -> None:
    put(root, "checkpoints/512", signed(512, leaf_hash(b"another"), log=STRANGER))


def something_else_among_the_old_checkpoints(root: Path, _: list[bytes]) -> None:
    write(root, "checkpoints/notes.txt", b"")


def the_log_rewritten_and_signed_again(root: Path, entries: list[bytes]) -> None:
    rewritten(root, [*entries[:400], event(400, data={"what": "better"}), *entries[401:SIZE]])


def the_log_forked_after_an_old_checkpoint(root: Path, entries: list[bytes]) -> None:
    rewritten(root, [*entries[:65_530], *(event(number, actor="chair") for number in range(65_530, SIZE))])


def the_log_rewritten_without_its_witnesses(root: Path, entries: list[bytes]) -> None:
    rewritten(root, [*entries[:400], event(400, data={"what": "better"}), *entries[401:SIZE]], agencies=("council",))


def an_id_recorded_twice(root: Path, entries: list[bytes]) -> None:
    rewritten(root, [*entries[:SIZE], event(SIZE, id="00000000-0000-0000-0000-00000000030a")])


def a_fact_of_a_subject_left_out_before_it_was_signed(root: Path, entries: list[bytes]) -> None:
    rewritten(root, [*entries[:SIZE], event(SIZE + 10)])


def two_facts_of_a_subject_recorded_in_the_wrong_order(root: Path, entries: list[bytes]) -> None:
    rewritten(root, [*entries[:SIZE], event(SIZE + 10), event(SIZE)])


def an_entry_recorded_that_is_no_event(root: Path, entries: list[bytes]) -> None:
    rewritten(root, [*entries[:SIZE], b"gibberish"])


def behind_the_sources_back(root: Path, entries: list[bytes]) -> None:
    """Write the log anew over other entries, and have the log and all witnesses sign it. The sources do not."""
    signatures = {path.name: path.read_bytes() for path in (root / "sources").iterdir()}
    shutil.rmtree(root)
    write_log(root, entries)
    for name, data in signatures.items():
        put(root, f"sources/{name}", data)


def an_entry_changed_and_signed_by_the_log(root: Path, entries: list[bytes]) -> None:
    behind_the_sources_back(root, [*entries[:400], event(400, data={"what": "better"}), *entries[401:]])


def an_entry_dropped_and_signed_by_the_log(root: Path, entries: list[bytes]) -> None:
    behind_the_sources_back(root, entries[:-1])


def two_entries_swapped_and_signed_by_the_log(root: Path, entries: list[bytes]) -> None:
    behind_the_sources_back(root, [*entries[:400], entries[401], entries[400], *entries[402:]])


def an_entry_added_and_signed_by_the_log(root: Path, entries: list[bytes]) -> None:
    behind_the_sources_back(root, [*entries, event(SIZE)])


def an_entry_of_a_service_that_signs_nothing(root: Path, entries: list[bytes]) -> None:
    behind_the_sources_back(root, [*entries, event(SIZE, source="/nobody", subjectversion=1)])


def an_entry_of_a_service_with_a_strange_name(root: Path, entries: list[bytes]) -> None:
    behind_the_sources_back(root, [*entries, event(SIZE, source="/../keys", subjectversion=1)])


def a_signature_line(root: Path, number: int, work: Callable[[str], str]) -> None:
    lines = (root / "sources/meetings").read_text().splitlines()
    lines[number] = work(lines[number])
    put(root, "sources/meetings", "".join(f"{line}\n" for line in lines if line).encode())


def a_signature_changed(root: Path, _: list[bytes]) -> None:
    a_signature_line(root, 4, lambda line: SourceSignature.parse(line)._replace(signature=bytes(64)).format())


def a_signature_renumbered(root: Path, _: list[bytes]) -> None:
    a_signature_line(root, 4, lambda line: SourceSignature.parse(line)._replace(last=501).format())


def a_signature_removed(root: Path, _: list[bytes]) -> None:
    a_signature_line(root, 4, lambda line: "")


def a_signature_twice(root: Path, _: list[bytes]) -> None:
    a_signature_line(root, 4, lambda line: f"{line}\n{line}")


def a_signature_of_another_batch(root: Path, _: list[bytes]) -> None:
    other = SourceSignature.parse((root / "sources/meetings").read_text().splitlines()[5])
    a_signature_line(root, 4, lambda line: SourceSignature.parse(line)._replace(signature=other.signature).format())


def a_signature_of_another_service(root: Path, entries: list[bytes]) -> None:
    write_signatures(root, entries, key=SigningKey("funding", leaf_hash(b"funding")))
    put(root, "sources/meetings", (root / "sources/funding").read_bytes())


def a_key_that_signed_after_its_end(root: Path, _: list[bytes]) -> None:
    put(root, "sources/keys", SourceKeys([(MEETINGS.verifier, 450)]).format().encode())


def the_signatures_by_an_unknown_key(root: Path, entries: list[bytes]) -> None:
    kept = (root / "sources/keys").read_bytes()
    write_signatures(root, entries, key=SigningKey("meetings", leaf_hash(b"a stranger")))
    put(root, "sources/keys", kept)


def the_signatures_cut_short(root: Path, _: list[bytes]) -> None:
    a_signature_line(root, -1, lambda line: "")


def the_signatures_cut_within_a_line(root: Path, _: list[bytes]) -> None:
    put(root, "sources/meetings", (root / "sources/meetings").read_bytes()[:-5])


def the_signatures_removed(root: Path, _: list[bytes]) -> None:
    (root / "sources/meetings").unlink()


def the_register_removed(root: Path, _: list[bytes]) -> None:
    (root / "sources/keys").unlink()


TAMPERINGS: dict[Callable[[Path, list[bytes]], None], str] = {
    an_entry_changed: r"^Entry 778 \(tile/entries/003\) is not what was recorded there: its hash is \w+, but",
    an_entry_dropped: r"^Entry 778 .* not what was recorded there: .*; it was recorded as entry 779\.$",
    the_last_entry_of_a_bundle_dropped: r"^tile/entries/003 holds 255 entries instead of 256: .* on after entry 1022\.",
    two_entries_swapped: r"^Entry 778 .*; it was recorded as entry 779\.$",
    an_entry_doubled: r"^Entry 779 .*; it was recorded as entry 778\.$",
    an_entry_inserted: r"^Entry 778 .* is not what was recorded there: ",
    an_entry_added_to_a_bundle: r"^tile/entries/003 holds 257 entries instead of 256: some follow after entry 1023\.$",
    an_entry_added_at_the_end: r"^tile/entries/273\.p/112 holds 113 entries .* some follow after entry 69999\.$",
    two_bundles_swapped: r"^Entry 768 .* is not what was recorded there: ",
    a_bundle_cut_short: r"^tile/entries/003: The bundle ends within its entry 255 ",
    a_bundle_removed: r"^tile/entries/003 is missing\.$",
    the_tail_cut_off: r"^tile/entries/273\.p/112 is missing\.$",
    a_bundle_that_is_a_directory: r"^tile/entries/003 cannot be read: Is a directory\.$",
    a_hash_of_an_entry_changed: r"^tile/0/003, hash 10, is not the hash of entry 778\. The entry is as it was rec",
    an_entry_and_its_hash_changed: r"^tile/1/000, hash 3, is .* over the entries 768 to 1023 it is .* was rewritten\.$",
    an_entry_its_hash_and_the_hash_above_changed: r"^checkpoints/65536: .* between entries 512 and 65535 was rewritten",
    a_hash_of_level_one_changed: r"^tile/1/000, hash 3, is .* over the entries 768 to 1023 ",
    a_hash_of_level_one_changed_at_the_edge: r"^tile/1/001\.p/17, hash 16, is .* over the entries 69632 to 69887 ",
    the_highest_tile_changed: r"^tile/2/000\.p/1, hash 0, is .* over the entries 0 to 65535 ",
    two_hashes_of_a_tile_swapped: r"^tile/0/003, hash 0, is not the hash of entry 768\. The",
    an_entry_changed_and_the_hash_of_another: r"^Entry 778 .* tile/0/003 says \w+, but neither leads to the root",
    a_tile_cut_short: r"^tile/1/000 has 8160 bytes instead of 8192\.$",
    a_tile_made_longer: r"^tile/0/003 has more than the 8192 bytes that it can have\.$",
    a_tile_removed: r"^tile/1/000 is missing\.$",
    the_size_lowered: rf"^checkpoint: The signature of {ORIGIN} \(key \w+\) is not one of this text\.$",
    the_size_written_another_way: r"^checkpoint: The checkpoint's size, '070000', is not a number written in dec",
    the_root_changed: r"^checkpoint: The checkpoint's root, .* is not a hash of 32 bytes in Base64\.$",
    the_origin_changed: r"^checkpoint: The checkpoint is of the log 'folkmoot\.exampl3/ledger'; the policy knows",
    the_signature_changed: rf"^checkpoint: The signature of {ORIGIN} \(key \w+\) is not one of this text\.$",
    the_signature_removed: rf"^checkpoint: The note has no signature of {ORIGIN} ",
    the_checkpoint_signed_by_a_stranger: rf"^checkpoint: The note has no signature of {ORIGIN} \(key \w+\)\.$",
    the_checkpoint_removed: r"^checkpoint is missing\.$",
    a_cosignature_changed: r"^checkpoint: The signature of council\.example/witness \(key \w+\) is not one of this",
    all_but_one_cosignature_removed: r"^checkpoint: .* size 70000 is cosigned by council; that is not the quorum agen",
    one_cosignature_three_times: r"^checkpoint: .* is cosigned by council; that is not the quorum agencies \(2 of coun",
    a_cosignature_of_another_size: r"^checkpoint: The signature of council\.example/witness .* is not one of this text",
    the_key_replaced: rf"^keys: {re.escape(LOG.verifier.format())}, which signed the checkpoint, is not among them\.$",
    the_key_changed: r"^keys: The key of 'folkm00t\.example/ledger' has the id \w+, but calls itself ",
    everything_made_anew_by_a_stranger: rf"^checkpoint: The note has no signature of {ORIGIN} \(key \w+\)\.$",
    the_log_rolled_back: r"^checkpoints/70000: The log had 70000 entries .* now has 65536: it was rolled back\.$",
    an_old_checkpoint_changed: rf"^checkpoints/512: The signature of {ORIGIN} \(key \w+\) is not one of this text\.$",
    an_old_checkpoint_under_another_size: r"^checkpoints/400: This is a checkpoint of size 512\.$",
    a_cosignature_of_an_old_checkpoint_changed: r"^checkpoints/512: The signature of fire\.example/witness \(key ",
    another_log_signed_and_cosigned: r"^The root over the 70000 entries is \w+, but the log signed \w+: ",
    an_old_checkpoint_by_a_stranger: rf"^checkpoints/512: The note has no signature of {ORIGIN} ",
    something_else_among_the_old_checkpoints: r"^checkpoints: The name of a file, 'notes\.txt', is not a number",
    the_log_rewritten_and_signed_again: r"^checkpoints/512: .* between entries 300 and 511 was rewritten later\.$",
    the_log_forked_after_an_old_checkpoint: r"^checkpoints/65536: .* between entries 512 and 65535 was rewritten later",
    the_log_rewritten_without_its_witnesses: r"^checkpoint: .* cosigned by council; that is not the quorum",
    an_id_recorded_twice: r"^Entry 70000 has the same id as entry 778: '[0-]+30a'\.$",
    a_fact_of_a_subject_left_out_before_it_was_signed: r"^Entry 70000 is fact 7002 of '/meetings .*board-0', .* 7000:",
    two_facts_of_a_subject_recorded_in_the_wrong_order: r"^Entry 70000 is fact 7002 of .* or in the wrong order\.$",
    an_entry_changed_and_signed_by_the_log: r"^meetings did not sign its events 401 to 500 as they are here \(key ",
    an_entry_dropped_and_signed_by_the_log: r"^The log ends after event 69999 of meetings, within a batch that it sig",
    two_entries_swapped_and_signed_by_the_log: r"^meetings did not sign its events 401 to 500 as they are here ",
    an_entry_added_and_signed_by_the_log: r"^sources/meetings ends: nobody signed event 70001 of meetings\.$",
    an_entry_of_a_service_that_signs_nothing: r"^sources/nobody is missing\.$",
    an_entry_of_a_service_with_a_strange_name: r"^Entries name '/\.\./keys' as their source, which is no service\.$",
    a_signature_changed: r"^meetings did not sign its events 401 to 500 as they are here ",
    a_signature_renumbered: r"^sources/meetings: A signature covers the events 402 to 501 .* ends with 400",
    a_signature_removed: r"^sources/meetings: A signature covers the events 501 to 600 .* ends with 400",
    a_signature_twice: r"^sources/meetings: A signature covers the events 401 to 500 .* ends with 500",
    a_signature_of_another_batch: r"^meetings did not sign its events 401 to 500 as they are here ",
    a_signature_of_another_service: r"^meetings has no key \w+\.$",
    a_key_that_signed_after_its_end: r"^The key \w+ of meetings was retired at its event 450, and signs event 500\.$",
    the_signatures_by_an_unknown_key: r"^meetings has no key \w+\.$",
    the_signatures_cut_short: r"^sources/meetings ends: nobody signed event 69901 of meetings\.$",
    the_signatures_cut_within_a_line: r"^sources/meetings has something that is not a line of ASCII: ",
    the_signatures_removed: r"^sources/meetings is missing\.$",
    the_register_removed: r"^sources/keys is missing\.$",
    an_entry_recorded_that_is_no_event: r"^Entry 70000 is not JSON \(RFC 8259\): ",
}


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.__name__)
def test_it_is_refused_and_the_place_is_named(
    tampering: Callable[[Path, list[bytes]], None], root: Path, entries: list[bytes]
) -> None:
    tampering(root, entries)
    with pytest.raises(ProofFailed) as refused:
        audit(Directory(root), policy())
    assert re.search(TAMPERINGS[tampering], str(refused.value)), str(refused.value)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A log small enough to be checked a hundred times; every agency must have cosigned it."""
    held = [event(number) for number in range(SMALL)]
    root = write_log(tmp_path_factory.mktemp("small"), held, [300])
    for size in (300, SMALL):  # of earlier ones the log's own signature counts: its witnesses may have been others then
        write(root, f"checkpoints/{size}", signed(size, root_of(held[:size]), agencies=()))
    write(root, "policy", policy(3).format())
    audit(Directory(root))
    yield root
    audit(Directory(root))  # the tests put back what they changed


def files_of(root: Path) -> list[Path]:
    """All files that are proved. Whom to believe is not: an auditor has that from somebody else."""
    return sorted(
        path for path in root.rglob("*") if path.is_file() and path not in (root / "policy", root / "sources/keys")
    )


def says_the_same(path: Path, held: bytes) -> bool:
    """Whether whom to believe is the same as before: a comment or an empty line changes nothing."""
    changed = path.read_bytes()
    with suppress(ProofFailed, UnicodeDecodeError):
        if path.name == "policy":
            return Policy.parse(changed) == Policy.parse(held)
        if path.parent.name == "sources" and path.name == "keys":
            return SourceKeys.parse(changed.decode()).format() == SourceKeys.parse(held.decode()).format()
    return False


REPEATED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@REPEATED
@given(st.data())
def test_any_byte_changed_in_any_file_is_found(small: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files_of(small)))
    held = path.read_bytes()
    changed = bytearray(held)
    changed[data.draw(st.integers(0, len(held) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(changed)
    try:
        with pytest.raises(ProofFailed):
            audit(Directory(small))
    finally:
        path.write_bytes(held)


@REPEATED
@given(st.data())
def test_any_bytes_as_any_file_are_refused_without_a_crash(small: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*files_of(small), small / "policy", small / "sources/keys"]))
    held = path.read_bytes()
    kept = data.draw(st.integers(0, len(held)))
    path.write_bytes(data.draw(st.sampled_from([b"", held[:kept], held[kept:]])) + data.draw(st.binary(max_size=300)))
    try:
        if path.read_bytes() != held and not says_the_same(path, held):
            with pytest.raises(ProofFailed):
                audit(Directory(small), policy(3) if path.name != "policy" else None)
    finally:
        path.write_bytes(held)


def test_there_are_tamperings_enough_of_every_kind() -> None:
    assert len(TAMPERINGS) >= 20
    assert WIDTH * WIDTH < SIZE
