"""A correct log of any size passes the check, from its files alone."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_logs import AGENCIES, MEETINGS, ORIGIN, audit, event, policy, signed, write, write_log, write_signatures

import shared.proofs
from shared.proofs import order, plain, reading
from shared.proofs.events import examine, fact_of
from shared.proofs.files import Directory
from shared.proofs.merkle import EMPTY, Malformed, ProofFailed, leaf_hash
from shared.proofs.order import Chains, Ids
from shared.proofs.policy import Policy
from shared.proofs.sources import SourceKeys
from shared.proofs.tiles import bundle
from shared.runtime.identity.signing import SigningKey


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700, 65_536, 65_793])
def test_a_whole_log_is_found_right(tmp_path: Path, size: int) -> None:
    earlier = {0, size // 3, size // 2, max(size - 1, 0), size // 256 * 256}
    found = audit(Directory(write_log(tmp_path, [event(number) for number in range(size)], earlier)))
    assert (found.verified.checkpoint.origin, found.verified.checkpoint.size) == (ORIGIN, size)
    assert found.verified.witnesses == AGENCIES
    assert found.earlier == tuple(sorted(earlier - {size}))
    assert found.own_policy


def test_progress_is_reported(tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []
    audit(
        Directory(write_log(tmp_path, [event(number) for number in range(600)])), report=lambda *at: reported.append(at)
    )
    assert reported == [(256, 600), (512, 600), (600, 600)]


def test_workers_find_the_same_as_one(tmp_path: Path) -> None:
    def check(workers: int) -> str:
        code = f"from shared.proofs import plain; plain.workers = lambda: {workers}; plain.main(['{root}'])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    root = write_log(tmp_path, [event(number) for number in range(20_000)], [1, 999, 19_999])
    assert check(2) == check(1)
    assert "All correct: 20,000 entries" in check(2)
    path = root / "tile/entries/071"
    path.write_bytes(path.read_bytes().replace(b"CAN-2", b"CAN-3", 1))
    assert check(2) == check(1)
    assert f"REFUSED: Entry {71 * 256} " in check(2)
    path.write_bytes(b"\xff")
    assert check(2) == check(1) == "REFUSED: tile/entries/071: The bundle ends within its entry 0 (counted from 0).\n"


def test_the_auditors_own_policy_is_used_instead_of_the_logs(tmp_path: Path) -> None:
    root = write_log(tmp_path, [event(0)])
    write(root, "policy", b"nonsense")
    assert not audit(Directory(root), policy(3)).own_policy
    with pytest.raises(ProofFailed, match="policy: Line 1"):
        audit(Directory(root))


def test_an_event_may_be_written_as_any_json_allows() -> None:
    usual = event(7)
    attributes = json.loads(usual)
    assert fact_of(usual) == (attributes["id"], "/meetings", "/meetings cannock-chase/meeting/board-7", 1)
    for text in (
        json.dumps(attributes, indent=2),
        json.dumps(dict(reversed(attributes.items()))),
        f" {usual.decode()}\n",
        usual.decode().replace("clerk", "cl\\u0065rk"),
        usual.decode().replace('"data":', '"more":1,"data":'),
        usual.decode()[:-1] + ',"more":1}',
        usual.decode().replace('"data":', '"data": '),
        usual.decode()[:-1] + " }",
    ):
        assert fact_of(text.encode()) == fact_of(usual)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "not a JSON object"),
        (event(1)[:-1], "not JSON"),
        (event(1) + b"}", "not JSON"),
        (event(1, data=float("nan")), "not JSON"),
        (event(1).replace(b"xxx", b"x\nx", 1), "not JSON"),
        (event(1).replace(b"clerk", b"cl\nrk"), "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (event(1).replace(b"130001", b"1" * 5_000), "not JSON"),
        (event(1, specversion="0.3"), "version '0.3'"),
        (event(1, id=""), "no text as its id"),
        (event(1, actor=7), "no text as its actor"),
        (event(1, subjectversion=0), "no whole number, 1 or higher"),
        (event(1, subjectversion=True), "no whole number, 1 or higher"),
        (event(1, subjectversion=2**63), "no whole number, 1 or higher"),
        (event(1).replace(b'"data"', b'"date"'), "no data"),
    ],
)
def test_an_entry_that_is_not_an_event_is_reported_with_the_reason(entry: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        fact_of(entry)


def test_a_signed_entry_that_is_not_an_event_is_named(tmp_path: Path) -> None:
    root = write_log(tmp_path, [*(event(number) for number in range(300)), b'{"specversion":"1.0"}'])
    with pytest.raises(ProofFailed, match=r"^Entry 300 has no text as its id\.$"):
        audit(Directory(root))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reading_of_entries(data: bytes) -> None:
    examined = examine(bundle([data]))
    assert examined.fault
    assert not examined.ids


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 400), max_size=600), st.integers(1, 64))
def test_ids_that_occur_twice_are_found_in_little_memory(numbers: list[int], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "IDS_AT_ONCE", at_once)
        with Ids() as ids:
            for start in range(0, len(numbers), 7):
                ids.add(str(number) for number in numbers[start : start + 7])
            assert ids.doubles() == {hash(str(number)) for number in numbers if numbers.count(number) > 1}


def test_too_many_subjects_for_memory_are_looked_at_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [event(number, subjects=2_000) for number in range(6_000)]
    monkeypatch.setattr(order, "CHAINS_AT_ONCE", 300)
    monkeypatch.setattr(order, "LINKS_AT_ONCE", 1_000)
    audit(Directory(write_log(tmp_path / "right", entries)))
    for wrong in (100, 2_500, 2_501, 2_502, 2_503, 2_504, 2_505, 5_999):
        version = wrong // 2_000 + 1
        changed = [*entries[:wrong], event(wrong, subjects=2_000, subjectversion=version + 1), *entries[wrong + 1 :]]
        shutil.rmtree(tmp_path / "wrong", ignore_errors=True)
        with pytest.raises(
            ProofFailed, match=f"^Entry {wrong} is fact {version + 1} of .* before it is fact {version - 1}: a fact"
        ):
            audit(Directory(write_log(tmp_path / "wrong", changed)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), max_size=60), st.integers(0, 8), st.booleans())
def test_broken_chains_are_found_in_little_memory(links: list[tuple[int, int]], at_once: int, whole: bool) -> None:
    if whole:  # give each link the number that is right
        links = [(name, sum(each == name for each, _ in links[: at + 1])) for at, (name, _) in enumerate(links)]
    right = all(number == 1 + sum(each == name for each, _ in links[:at]) for at, (name, number) in enumerate(links))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "CHAINS_AT_ONCE", at_once)
        patch.setattr(order, "LINKS_AT_ONCE", 4)
        with Chains() as chains:
            broken = None
            for start in range(0, len(links), 5):
                part = links[start : start + 5]
                broken = broken or chains.add([str(name) for name, _ in part], [number for _, number in part])
            assert bool(broken or chains.suspects()) is not right


def test_a_broken_chain_is_told_at_once_when_there_are_few() -> None:
    with Chains() as chains:
        assert chains.add(["a", "b", "a"], [1, 1, 2]) is None
        assert chains.add(["b", "a"], [2, 2]) == (1, 2)


def pythons() -> set[str]:
    """This Python and every other installed one that an auditor might have."""
    found = {sys.executable}
    for name in ("python3", "python3.9", "python3.10", "python3.11", "python3.13", "/usr/bin/python3"):
        if path := shutil.which(name):
            asked = [path, "-c", "import sys; print(sys.executable) if sys.version_info >= (3, 9) else exit(1)"]
            found.add(subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip())
    return found - {""}


def test_a_log_is_checked_by_hand_with_the_standard_library_alone(tmp_path: Path) -> None:
    """As an auditor does it: another folder, an isolated Python, nothing installed."""
    root = write_log(tmp_path / "log", [event(number) for number in range(300)])
    shutil.copytree(Path(shared.proofs.__file__).parent, root / "proofs", ignore=shutil.ignore_patterns("__pycache__"))
    write(root, "verify.py", b"import sys\nfrom proofs.plain import main\nsys.exit(main())\n")
    for python in pythons():
        done = subprocess.run(
            [python, "-S", str(root / "verify.py"), str(root)],
            cwd=tmp_path,
            env={},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith(f"All correct: 300 entries of {ORIGIN}, root ")
        assert "cosigned by council, police, fire" in done.stdout
        assert "Every entry is signed by its service: meetings 300 (key " in done.stdout
        assert "cryptography is not installed" in done.stderr


def test_the_verifier_runs_on_python_3_9() -> None:
    for path in Path(shared.proofs.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(), feature_version=(3, 9))
        imported = {
            (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else name.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0)
            for name in node.names
        }
        assert imported <= sys.stdlib_module_names, path


def test_the_auditors_own_register_of_services_counts_and_not_the_one_beside_the_log(tmp_path: Path) -> None:
    root = write_log(tmp_path, [event(0)])
    keys = SourceKeys([(MEETINGS.verifier, None)])
    found = audit(Directory(root))
    assert (found.own_source_keys, found.signers) == (True, (("meetings", 1, (MEETINGS.verifier.key_id.hex(),)),))
    write(root, "sources/keys", b"nonsense")
    assert not audit(Directory(root), source_keys=keys).own_source_keys
    with pytest.raises(ProofFailed, match="sources/keys: 'nonsense' is not a verifier key"):
        audit(Directory(root))


def test_signatures_of_later_events_do_no_harm(tmp_path: Path) -> None:
    entries = [event(number) for number in range(250)]
    root = write_log(tmp_path, entries[:200])
    write_signatures(root, entries)
    assert audit(Directory(root)).signers[0].entries == 200


def test_a_key_that_was_changed_is_told(tmp_path: Path) -> None:
    entries = [event(number) for number in range(200)]
    root = write_log(tmp_path, entries)
    lines = (root / "sources/meetings").read_text().splitlines(keepends=True)
    new = SigningKey("meetings", leaf_hash(b"new"))
    write_signatures(root, entries, key=new)
    later = (root / "sources/meetings").read_text().splitlines(keepends=True)
    write(root, "sources/meetings", (lines[0] + later[1]).encode())
    write(root, "sources/keys", SourceKeys([(MEETINGS.verifier, 100), (new.verifier, None)]).format().encode())
    (signer,) = audit(Directory(root)).signers
    assert signer.keys == (MEETINGS.verifier.key_id.hex(), new.verifier.key_id.hex())


def test_what_the_plain_command_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_log(tmp_path / "log", [event(number) for number in range(3)])
    write(tmp_path, "policy", policy(3).format())
    assert plain.main([str(root), "--policy", str(tmp_path / "policy")]) == 0
    assert "Compare its policy" not in capsys.readouterr().out
    assert plain.main([str(root)]) == 0
    assert "Compare its policy with a copy from elsewhere" in capsys.readouterr().out
    assert plain.main([str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().out == "REFUSED: policy is missing.\n"
    assert plain.main([str(root), "--policy", str(tmp_path)]) == 1
    assert "cannot be read" in capsys.readouterr().out
    write(root, "checkpoint", signed(3, EMPTY))
    assert plain.main([str(root)]) == 1
    assert capsys.readouterr().out.count("\n") == 1


def test_a_terminal_gets_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "policy", "# \u202e\x9b\nquorum \x9b2J\n".encode())
    assert plain.main([str(tmp_path)]) == 1
    assert "\x9b" not in capsys.readouterr().out


def test_memory_stays_the_same_however_long_the_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No file larger than the largest bundle is read."""
    root = write_log(tmp_path, [event(0)])
    with (root / "checkpoint").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(Malformed, match="checkpoint has more than the 1000000 bytes"):
        audit(Directory(root))
    assert reading.MAX_BUNDLE == 256 * 65_537
    assert Policy.of([]).quorum == "none"
