"""``folkmoot demo``: plays a real quarter of a partnership through the public API, and writes its reports."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from services import catalogue
from services.command_line.addresses import as_partner
from services.command_line.platform import platform
from services.command_line.player import Endpoints, Player, Scenario, Step
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.local_issuer import LocalIssuer, issuer_of


async def play(console: Console, settings: Settings, directory: Path, output: Path) -> None:
    """Play a scenario on the platform of these settings, or one started for it. Raises ``ScenarioFailed``."""
    async with AsyncExitStack() as stack:
        if settings.endpoints:
            endpoints = Endpoints(settings.endpoints, as_partner(settings.nats_url or "", settings))
        else:
            addresses = await stack.enter_async_context(platform(settings))
            endpoints = Endpoints({name: f"{addresses.http}/{name}" for name in catalogue.NAMES}, addresses.nats)
        await _play(console, issuer_of(settings), endpoints, directory, output)


async def _play(console: Console, issuer: LocalIssuer, endpoints: Endpoints, directory: Path, output: Path) -> None:
    """Play a scenario, issue its update, and write the reports into ``output``. Raises ``ScenarioFailed``."""
    scenario = Scenario.read(directory)
    console.print(f"[bold]{scenario.about.title}[/bold]")
    about = scenario.about
    async with Player(issuer, endpoints, scenario) as player:
        columns = (
            TextColumn("{task.description}", table_column=Column(width=48, no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("Playing", total=len(scenario.steps))

            def played(step: Step) -> None:
                progress.update(task, advance=1, description=step.says)

            await player.play(played)
            # Twice, because a service's reactions to another's events are themselves events.
            for _ in range(2):
                progress.update(task, description="Waiting for the reports to catch up")
                await player.settle(list(catalogue.DECIDING))
        issued = await player.post("reporting", f"/updates/{about.update}/issue", "clerk")
        report = issued.json()
        edition = f"/updates/{about.update}/editions/{report['edition']}.html"
        page = await player.get("reporting", edition, "clerk", "text/html")
        span = f"since={about.scrutiny_since}&until={about.scrutiny_until}"
        scrutiny = await player.get("reporting", f"/scrutiny.html?{span}", "scrutiny", "text/html")
    output.mkdir(parents=True, exist_ok=True)
    written = {
        f"{about.update}.html": page.content,
        f"{about.update}.json": msgspec.json.format(issued.content),
        "scrutiny.html": scrutiny.content,
    }
    for name, content in written.items():
        (output / name).write_bytes(content)
    statements = [statement for section in report["sections"] for statement in section["statements"]]
    table = Table(show_header=False, title="What happened", title_justify="left")
    table.add_row("steps played", str(len(scenario.steps)))
    table.add_row("ledger position covered", str(report["ledger_position"]))
    table.add_row("statements in the Cabinet report", f"{len(statements)}, every one with its source")
    console.print(table)
    console.print("[bold]Open[/bold]")
    for name in written:
        console.print(f"  {output / name}", soft_wrap=True)
    console.print("[bold]Try next[/bold]")
    console.print("  make up                    the same platform, with the demo's events")
    folkmoot = ".venv/bin/folkmoot"
    console.print(f"  {folkmoot} replay --as narrative          the whole history, one sentence for each event")
    console.print(
        f"  {folkmoot} export build/history           the same with its proofs, for auditors who trust no one"
    )
    console.print("  python3 build/history/verify.py             how such an auditor checks it")
    console.print(f"  {folkmoot} token --role clerk --partnership {about.partnership}")
