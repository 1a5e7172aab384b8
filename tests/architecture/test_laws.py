"""The laws of the architecture hold on the tree, and each of them catches a violation planted in a copy of it.

The laws themselves are in ``pyproject.toml`` under ``[tool.importlinter]``; ``lint-imports`` checks them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
NOUNS = {
    "membership": ("seats", "officers", "groups"),
    "meetings": ("agenda", "decisions", "meeting"),
    "funding": ("reserves", "requests", "reserve"),
    "projects": ("pilots", "measures", "project"),
}
"""For each service that is built of nouns: two that do not know each other, and one with a view composed of them."""
MACHINERY = ("eventsourcing", "fastapi", "grpc", "nats", "opentelemetry", "psycopg", "sqlalchemy", "starlette")


def lint(tree: Path, law: str | None = None) -> subprocess.CompletedProcess[str]:
    """Check a tree, or one law on it."""
    only = ["--contract", law] if law else []
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache", *only],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree's code."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(TREE / "pyproject.toml", copy)
    for package in ("services", "shared"):
        shutil.copytree(TREE / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


class PlantedTree:
    """A copy of the tree to plant violations in."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.before: dict[Path, str | None] = {}

    def plant(self, path: str, code: str) -> None:
        """Add a line of code to a module, or add a new module; inside it, if a module has become a package."""
        module = self.tree / path
        if module.with_suffix("").is_dir() and not module.exists():
            module = module.with_suffix("") / "planted.py"
        self.before.setdefault(module, module.read_text() if module.exists() else None)
        module.write_text((self.before[module] or "") + f"\n{code}\n")

    def restore(self) -> None:
        for module, code in self.before.items():
            if code is None:
                module.unlink()
            else:
                module.write_text(code)


@pytest.fixture
def planted(copied: Path) -> Iterator[PlantedTree]:
    """The copy, restored after each test."""
    planted = PlantedTree(copied)
    yield planted
    planted.restore()


def test_the_tree_keeps_all_laws() -> None:
    result = lint(TREE)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


VIOLATIONS = [
    pytest.param("ground", "shared/runtime/planted.py", "import services.meetings", id="shared imports a service"),
    pytest.param("shared", "shared/values/money.py", "import shared.contracts.event", id="values import contracts"),
    pytest.param(
        "shared", "shared/contracts/event.py", "import shared.runtime.ground.clock", id="contracts import runtime"
    ),
    pytest.param("shared", "shared/contracts/event.py", "import shared.proofs", id="contracts import proofs"),
    pytest.param("shared", "shared/proofs/merkle.py", "import shared.rpc", id="proofs import the wire"),
    pytest.param(
        "shared", "shared/runtime/ground/clock.py", "import shared.readmodels.roster", id="runtime imports read models"
    ),
    pytest.param(
        "pure", "shared/readmodels/membership.py", "import shared.readmodels.roster", id="a value imports its tables"
    ),
    pytest.param("shared", "shared/helpers.py", "", id="a stray module in shared"),
    pytest.param("runtime", "shared/runtime/helpers.py", "", id="a stray module in the runtime"),
    pytest.param(
        "runtime", "shared/runtime/ground/clock.py", "import shared.runtime.deciding.commands", id="the clock decides"
    ),
    pytest.param("services", "services/helpers.py", "", id="a stray module in services"),
    pytest.param("services", "services/meetings/agenda/domain.py", "import services.funding.awards", id="neighbours"),
    pytest.param("services", "services/reporting/planted.py", "import services.ledger", id="reporting imports ledger"),
    pytest.param("services", "services/ledger/planted.py", "import services.catalogue", id="a service imports all"),
    pytest.param("services", "services/catalogue.py", "import services.command_line", id="catalogue imports commands"),
    pytest.param("rooms-partners", "services/partners/helpers.py", "", id="partners: a stray module"),
    pytest.param(
        "rooms-partners",
        "services/partners/intake.py",
        "import services.partners.api",
        id="intake knows an endpoint",
    ),
    pytest.param("reporting", "services/reporting/helpers.py", "", id="reporting: a stray module"),
    *[
        pytest.param(
            "reporting", f"services/reporting/{path}", f"import services.reporting.{above}", id=f"{above} below"
        )
        for path, above in (
            ("views/names.py", "history"),
            ("phrases/engine.py", "parts"),
            ("parts/money.py", "reports"),
            ("reports/make.py", "pages"),
            ("pages.py", "api"),
        )
    ],
    *[
        pytest.param(service, f"services/{service}/helpers.py", "", id=f"{service}: a stray module")
        for service in ("ledger", "command_line")
    ],
    *[
        pytest.param("ledger", f"services/ledger/{path}.py", f"import services.ledger.{above}", id=f"{path} < {above}")
        for path, above in (
            ("api", "service"),
            ("intake", "rpc"),
            ("log", "witnesses"),
            ("pages", "log"),
            ("tree", "checkpoints"),
            ("pool", "order"),
        )
    ],
    *[
        pytest.param(
            "command_line",
            f"services/command_line/{path}.py",
            f"import services.command_line.{above}",
            id=f"{path} < {above}",
        )
        for path, above in (("exporting", "main"), ("demo", "dossier"), ("player", "demo"), ("replay", "platform"))
    ],
    *[
        pytest.param("witness", "services/witness/planted.py", f"import {library}", id=f"a witness needs {library}")
        for library in ("nats", "psycopg", "shared.contracts.event")
    ],
    *[
        pytest.param("pure", "services/funding/awards/rules.py", f"import {library}", id=f"a rule imports {library}")
        for library in (*MACHINERY, "shared.runtime.ground.clock", "shared.rpc")
    ],
    *[
        pytest.param("pure", f"shared/{package}/__init__.py", "import sqlalchemy", id=f"{package} import sqlalchemy")
        for package in ("values", "contracts", "proofs")
    ],
    *[
        pytest.param(
            law, f"services/{service}/{path}", f"import services.{service}.{imported}", id=f"{service}: {what}"
        )
        for service, (noun, other, composed) in NOUNS.items()
        for law, path, imported, what in (
            (service, "helpers.py", "views", "a stray module"),
            (service, "commands.py", "service", "commands import what is made of them"),
            (service, f"{noun}/domain.py", "commands", "rules import commands"),
            (service, f"{noun}/domain.py", f"{other}.domain", "a noun imports another"),
            (service, f"{noun}/domain.py", f"{composed}.domain", "a noun imports what is composed of it"),
            ("views", f"{noun}/view.py", f"{noun}.domain", "a view imports decisions"),
            ("views", f"{noun}/view.py", f"{noun}.rules", "a view imports rules"),
            ("views", "views.py", f"{noun}.rules", "the views import rules"),
            ("reactions", "reactions.py", "views", "reactions ask a view"),
        )
    ],
    *[
        pytest.param(
            "pure",
            f"services/{service}/{noun}/{file}.py",
            f"import {library}",
            id=f"{service}: {file} import {library}",
        )
        for service, (noun, _, _) in NOUNS.items()
        for file in ("domain", "rules")
        for library in ("sqlalchemy", "shared.runtime.ground.clock")
    ],
]


@pytest.mark.parametrize(("law", "path", "code"), VIOLATIONS)
def test_a_planted_violation_is_caught(planted: PlantedTree, law: str, path: str, code: str) -> None:
    planted.plant(path, code)
    result = lint(planted.tree, law)
    assert result.returncode == 1, f"the law did not fail:\n{result.stdout}{result.stderr}"
    named = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert named in result.stdout, result.stdout + result.stderr
    assert "1 broken" in result.stdout
