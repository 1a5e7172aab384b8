"""``docs/rules.md``: every rule with its clause, its problem type, its remedy and its module."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import services
import shared
from shared.values.refusals import Refusal
from shared.values.rule import RULES

_HEAD = """# The rules

`make contracts` writes this page from the rules' declarations, and `make check` compares it with them. A refusal is
sent as a problem (RFC 9457) of the type `/problems/<problem>`, with the clause, the remedy and the details.
"""


_COLUMNS = ("| rule | clause | problem | what to do | where |", "| --- | --- | --- | --- | --- |")


@dataclass(frozen=True)
class _Row:
    sentence: str
    clause: str
    problem: str
    remedy: str
    module: str


def rules_page() -> str:
    """The page, from the present declarations."""
    _import_all()
    by_room: dict[str, list[_Row]] = defaultdict(list)
    for row in sorted(_rows(), key=lambda row: (row.module, row.problem)):
        by_room["/".join(row.module.split(".")[:2])].append(row)
    lines = [_HEAD]
    for room, rows in sorted(by_room.items()):
        lines += [f"## `{room}`\n", *_COLUMNS]
        lines += [
            f"| {row.sentence} | {row.clause} | `{row.problem}` | {row.remedy} | `{row.module.replace('.', '/')}.py` |"
            for row in rows
        ]
        lines.append("")
    return "\n".join(lines)


def _rows() -> Iterator[_Row]:
    for rule in RULES.values():
        if rule.check.__module__.split(".")[0] not in ("services", "shared"):
            continue  # tests declare rules of their own
        yield _Row(rule.sentence, rule.clause, rule.problem, rule.remedy, rule.check.__module__)
    of_rules = {rule.refusal for rule in RULES.values()}
    for refusal in _refusals(Refusal):
        if refusal not in of_rules and refusal.__module__.split(".")[0] in ("services", "shared"):
            yield _Row(refusal.rule(), refusal.clause, refusal.slug(), refusal.remedy, refusal.__module__)


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for refusal in kind.__subclasses__():
        yield refusal
        yield from _refusals(refusal)


def _import_all() -> None:
    """Import every module of the product, so that every rule is declared."""
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
