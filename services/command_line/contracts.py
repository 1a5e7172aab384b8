"""Writes the schemas of partners' events, their goldens, the table of settings and the page of rules.

``python -m services.command_line.contracts write`` writes the files from the declarations. ``check`` names stale files
and exits with 1. A golden shows the shape of a partner's event when it was first accepted: ``write`` adds missing
goldens and never changes one. Run this before ``python -m shared.contracts.publish``, which lists these schemas.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from services import catalogue
from services.command_line.rules_page import rules_page
from services.partners.intake import offers_of
from services.partners.published import ANSWER, EVENT, command_example, schemas
from shared.contracts.publish import PARTNERS_SCHEMAS, ROOT
from shared.contracts.schemas import shape
from shared.runtime.ground.settings import settings_page

GOLDENS = Path("tests/partners/golden")
SETTINGS = Path("docs/settings.md")
RULES = Path("docs/rules.md")
OFFERS = offers_of({name: service.commands for name, service in catalogue.DECIDING.items()})


def documents() -> dict[Path, str]:
    """Every schema for partners, the table of settings and the rules, by path in the checkout."""
    made = schemas(OFFERS)
    found = {PARTNERS_SCHEMAS / f"{name}.json": _json(made[name]) for name in (EVENT, ANSWER, *sorted(OFFERS))}
    return found | {SETTINGS: settings_page(), RULES: rules_page()}


def goldens() -> dict[Path, str]:
    """The present golden of every command that partners may send."""
    made = schemas(OFFERS)
    return {
        GOLDENS / f"{name}.json": _json({"schema": shape(made[name]), "data": command_example(OFFERS[name])})
        for name in sorted(OFFERS)
    }


def stale() -> dict[Path, str]:
    """The files of the checkout that differ from the declarations, each with the reason."""
    wrong = {
        path: "is missing or stale; run `make contracts`"
        for path, text in documents().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    }
    wrong |= {path: "is missing; run `make contracts`" for path in goldens() if not (ROOT / path).exists()}
    for folder, known in ((PARTNERS_SCHEMAS, documents()), (GOLDENS, goldens())):
        for file in (ROOT / folder).glob("*.json"):
            if folder / file.name not in known:
                wrong[folder / file.name] = "belongs to no command for partners; a published command cannot be removed"
    return wrong


def write() -> None:
    """Write every schema, the table of settings, the page of rules and the missing goldens."""
    missing = {path: text for path, text in goldens().items() if not (ROOT / path).exists()}
    for path, text in (documents() | missing).items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run ``write`` or ``check``. The exit status is 0 if every file is as declared."""
    if arguments not in (["write"], ["check"]):
        print("usage: python -m services.command_line.contracts write|check", file=sys.stderr)
        return 2
    if arguments == ["write"]:
        write()
    wrong = stale()
    for path, what in wrong.items():
        print(f"{path} {what}", file=sys.stderr)
    return 1 if wrong else 0


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
