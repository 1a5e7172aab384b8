"""``folkmoot witness``: the witness that a partner agency runs. It needs a directory and no server."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.command_line.environment import settings_here
from services.witness.known import KnownLogs
from shared.proofs.merkle import Malformed
from shared.proofs.note import VerifierKey
from shared.runtime.identity.secret_files import UnusableSecret

if TYPE_CHECKING:
    from services.witness.witness import Witness

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
LISTEN = "127.0.0.1:8500"
Name = Annotated[str | None, typer.Option(help="The witness's permanent name, such as agency.example/witness.")]
Data = Annotated[Path, typer.Option(help="Directory for its key and its memory.", file_okay=False)]


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    name: Name = None,
    log: Annotated[list[str] | None, typer.Option(help="Verifier keys of logs.")] = None,
    logs: Annotated[
        list[Path] | None, typer.Option(help="A file with such keys, or a policy.", exists=True, dir_okay=False)
    ] = None,
    data: Data = Path("witness"),
    listen: Annotated[str, typer.Option(help="Host and port to listen on.")] = LISTEN,
) -> None:
    """Cosign the checkpoints of these logs until Ctrl-C. Each must continue the one before.

    Needs no PostgreSQL, no NATS and no other part of the platform. See docs/witnesses.md.
    """
    if context.invoked_subcommand is not None:
        return
    from services.witness.service import open_witness, serve
    from shared.runtime.ground.logs import configure_logging

    settings = settings_here()
    configure_logging(json=settings.json_logs, level="INFO" if settings.json_logs else "WARNING", service="witness")
    host, _, port = listen.rpartition(":")
    if not port.isdecimal():
        raise typer.BadParameter(f"{listen!r} is not a host and port. Use, for example, {LISTEN}.")
    try:
        keys = [VerifierKey.parse(key) for given in log or () for key in given.split()]
        for file in logs or ():
            keys += KnownLogs.parse(file.read_text(encoding="utf-8", errors="replace")).keys
        witness = open_witness(data, name, KnownLogs(keys))
        asyncio.run(serve(witness, host.strip("[]") or "127.0.0.1", int(port), lambda at: _print_address(witness, at)))
    except (Malformed, UnusableSecret) as error:
        raise typer.BadParameter(str(error)) from None
    except (OSError, sqlite3.Error) as error:
        typer.echo(f"The witness cannot run in {data}: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def key(name: Name = None, data: Data = Path("witness")) -> None:
    """Print the witness's verifier key, for the policies of logs and auditors. Creates the key if there is none."""
    from services.witness.service import open_key

    try:
        typer.echo(open_key(data, name).verifier.format())
    except UnusableSecret as error:
        raise typer.BadParameter(
            f"{error} (give --name to create a new witness)" if name is None else str(error)
        ) from None
    except (OSError, sqlite3.Error) as error:
        typer.echo(f"A witness cannot be created in {data}: {error}", err=True)
        raise typer.Exit(1) from error


def _print_address(witness: Witness, address: str) -> None:
    typer.echo(f"{witness.verifier.name} witnesses {', '.join(witness.logs.origins)} at {address}")
