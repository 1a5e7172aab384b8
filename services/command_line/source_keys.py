"""``folkmoot source-key``: the keys with which services sign their events. See docs/runbooks/source-keys.md."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from services.command_line.addresses import running
from services.command_line.environment import settings_here
from services.command_line.verifying import source_of
from shared.proofs.merkle import ProofFailed
from shared.proofs.sources import SourceKeys, SourceSignature
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.secret_files import UnusableSecret, replace_secret
from shared.runtime.identity.signing import SigningKey, SigningKeys
from shared.runtime.identity.source_keys import source_key_of, source_keys_of

app = typer.Typer(no_args_is_help=True, help="The keys with which services sign their events.")

Service = Annotated[str, typer.Argument(help="The service, such as meetings.", show_default=False)]


@app.command()
def show(
    service: Annotated[str | None, typer.Argument(help="Only this service's.", show_default=False)] = None,
) -> None:
    """Print the register: every service's keys, and where retired ones end."""
    for line in _register(settings_here()).format().splitlines():
        if service is None or line.partition("+")[0] == service:
            typer.echo(line)


@app.command()
def rotate(service: Service) -> None:
    """Create a new key for a service and register it. The service signs with it after its next start."""
    settings = settings_here()
    _register(settings)
    try:
        source_key_of(settings, _known(service), create=False)
    except UnusableSecret as error:
        raise typer.BadParameter(str(error)) from None
    key = SigningKey.generate(service)
    # Registered first: a key that signs and is not registered would stop its service.
    text = settings.source_register.read_text()
    _write(settings.source_register, f"{text.rstrip()}\n{key.verifier.format()}\n")
    SigningKeys([key]).save(settings.source_keys / f"{service}.key")
    typer.echo(f"The new key is registered. Restart {service}, then retire the older key. Auditors need:", err=True)
    typer.echo(key.verifier.format())


@app.command()
def retire(
    service: Service,
    key_id: Annotated[str, typer.Argument(help="The part after the name in its line.", show_default=False)],
    log: Annotated[
        str | None, typer.Option(help="Where its last event is looked up: https://…/ledger, or an export.")
    ] = None,
) -> None:
    """Write into the register after which event an older key signs no more. Readers refuse it from then on."""
    settings = settings_here()
    keys = _register(settings).of(_known(service))
    key = next((each for each in keys if each.key_id.hex() == key_id), None)
    if key is None:
        ids = ", ".join(each.key_id.hex() for each in keys)
        raise typer.BadParameter(f"{service} has no key {key_id!r}; there are {ids}.")
    until, newest = 0, None
    try:
        for line in source_of(log or _own_ledger(settings), None).lines(f"sources/{service}"):
            newest = SourceSignature.parse(line)
            until = newest.last if newest.key_id == key.key_id else until
    except ProofFailed as error:
        raise typer.BadParameter(str(error)) from None
    if newest is None or newest.key_id == key.key_id:
        raise typer.BadParameter(
            f"The ledger has no event of {service} that a newer key signed. Rotate, restart {service}, and wait for its"
            " next event."
        )
    lines = settings.source_register.read_text().splitlines()
    retired = [f"{key.format()} until {until}" if line.partition(" ")[0] == key.format() else line for line in lines]
    _write(settings.source_register, "".join(f"{line}\n" for line in retired))
    typer.echo(f"{key.format()} until {until}")


def _known(service: str) -> str:
    from services import catalogue  # it loads every service

    if service not in catalogue.SOURCES:
        raise typer.BadParameter(f"{service!r} signs no events; these do: {', '.join(catalogue.SOURCES)}.")
    return service


def _register(settings: Settings) -> SourceKeys:
    try:
        return source_keys_of(settings)
    except UnusableSecret as error:
        raise typer.BadParameter(str(error)) from None


def _write(register: Path, text: str) -> None:
    replace_secret(register, text.encode())
    register.chmod(0o644)  # public, for all services to read


def _own_ledger(settings: Settings) -> str:
    if own := settings.endpoints.get("ledger"):
        return own
    addresses = asyncio.run(running(settings))
    if addresses is None:
        raise typer.BadParameter("The platform is not running. Start it, or name an export with --log.")
    return f"{addresses.http}/ledger"
