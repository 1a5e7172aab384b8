"""``python -m bench``: measures on a separate platform in a temporary directory, and prints a table."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import commands, figures, gaps, transparency, whole_log
from services import catalogue
from shared.runtime.embedded.servers import running
from shared.runtime.ground.logs import configure_logging
from shared.runtime.ground.settings import Settings


async def measure(data: Path) -> list[figures.Figure]:
    """All figures, one after another."""
    here = "127.0.0.1:0"
    # One caller sends all that is measured, so no limit may hold for it.
    settings = Settings(data=data, http=here, grpc=here, caller_rate=1e9, caller_burst=10**9)
    with running(data) as servers:
        catalogue.migrate(servers.database_url)
        found = [commands.a_command_against_the_bare_library(servers)]
        found.append(await asyncio.to_thread(gaps.events_skipped, servers))
        found.append(await figures.from_outbox_to_ledger(servers, settings))
        found.append(await figures.replay_over_grpc(servers, settings))
        found.append(await transparency.append_through_nats(servers, settings))
        found.append(await transparency.from_commit_to_ledger(servers, settings))
        found.append(await figures.projecting(servers, settings))
        found.append(await figures.from_answer_to_report(settings))
        found.append(commands.a_command_on_a_long_history(servers))
        found.append(await commands.many_clients_at_once(servers, settings))
        found += await whole_log.of_a_long_history(servers, settings)
    return found


def main() -> None:
    """Print the figures. Shared machines are noisy, so compare only ratios within this run."""
    configure_logging(json=False, level="ERROR")
    with tempfile.TemporaryDirectory() as data:
        found = asyncio.run(measure(Path(data)))
    table = Table("figure", "measured", "reference in this run", "ratio", "aim", "met", title="Folkmoot, measured")
    for figure in found:
        *texts, met = dataclasses.astuple(figure)
        table.add_row(*texts, "yes" if met else "no")
    Console().print(table)


if __name__ == "__main__":
    main()
