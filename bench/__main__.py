"""``python -m bench``: measures on a separate platform in a temporary directory; prints each figure as it comes."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import commands, figures, gaps, transparency, verifying, whole_log, whole_platform
from bench.figures import Figure
from services import catalogue
from shared.runtime.embedded.servers import Servers, running
from shared.runtime.ground.logs import configure_logging
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.source_keys import register_sources

Measurement = Callable[[Servers, Settings], Figure | list[Figure] | Awaitable[Figure | list[Figure]]]

MEASUREMENTS: dict[str, Measurement] = {
    "command": commands.a_command_against_the_bare_library,
    "gaps": lambda servers, settings: asyncio.to_thread(gaps.events_skipped, servers),
    "outbox": figures.from_outbox_to_ledger,
    "replay": figures.replay_over_grpc,
    "append": transparency.append_through_nats,
    "commit": transparency.from_commit_to_ledger,
    "projecting": figures.projecting,
    "report": lambda servers, settings: figures.from_answer_to_report(settings),
    "history": commands.a_command_on_a_long_history,
    "platform": whole_platform.of_a_command,
    "log": whole_log.of_a_long_history,
    "subjects": lambda servers, settings: verifying.of_new_subjects(),
    "signatures": lambda servers, settings: verifying.of_single_signatures(),
}
"""In their order: later ones find what earlier ones recorded."""


async def measure(data: Path, names: Sequence[str], show: Callable[[Figure], None]) -> bool:
    """Take measurements one after another and show each figure as it comes. Whether none has failed."""
    here = "127.0.0.1:0"
    # One caller sends all that is measured, so no limit may hold for it.
    settings = Settings(data=data, http=here, grpc=here, caller_rate=1e9, caller_burst=10**9)
    whole = True
    with running(data) as servers:
        catalogue.migrate(servers.database_url)
        register_sources(settings, catalogue.SOURCES)
        await catalogue.prepare_bus(servers.nats_url, settings)
        for name in names:
            try:
                found = MEASUREMENTS[name](servers, settings)
                if inspect.isawaitable(found):
                    found = await found
                for figure in found if isinstance(found, list) else [found]:
                    show(figure)
            except Exception:  # whatever it is, the other measurements are still to come
                whole = False
                traceback.print_exc()
                show(Figure(name, "failed: see above", "", "", "", False))
    return whole


def main() -> None:
    """Print the figures. Shared machines are noisy: the ratios within this run are what counts.

    Arguments name some of the measurements; by default all are taken.
    """
    configure_logging(json=False, level="ERROR")
    names = sys.argv[1:] or list(MEASUREMENTS)
    if unknown := set(names) - set(MEASUREMENTS):
        sys.exit(f"{min(unknown)} is none of {', '.join(MEASUREMENTS)}")
    console = Console()
    table = Table("figure", "measured", "reference in this run", "ratio", "aim", "met", title="Folkmoot, measured")

    def show(figure: Figure) -> None:
        *texts, met = dataclasses.astuple(figure)
        row = (*texts, "yes" if met else "no")
        console.print(" | ".join(row), soft_wrap=True)
        table.add_row(*row)

    with tempfile.TemporaryDirectory() as data:
        whole = asyncio.run(measure(Path(data), names, show))
    console.print(table)
    sys.exit(0 if whole else 1)


if __name__ == "__main__":
    main()
