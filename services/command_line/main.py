"""The command ``folkmoot``: serve the platform, play the demo, issue tokens, replay the history."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.command_line import keys, source_keys, witnessing
from services.command_line.environment import CommandFailed, settings_here
from services.command_line.replay_options import Form, moment
from shared.runtime.embedded.process import EmbeddedFailure
from shared.runtime.ground.settings import Settings, UnusableSetting
from shared.runtime.identity.secret_files import UnusableSecret
from shared.values.roles import Role

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Folkmoot: the history of a partnership's decisions. Data is in .folkmoot, or in $FOLKMOOT_DATA.",
)
app.add_typer(keys.app, name="key")
app.add_typer(source_keys.app, name="source-key")
app.add_typer(witnessing.app, name="witness")
console = Console()
SCENARIO = Path("scenarios/cannock-chase-2015")


EXPECTED_ERRORS = (CommandFailed, EmbeddedFailure, UnusableSecret, UnusableSetting, OSError)
"""Errors with a cause outside our code."""


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's work. An expected error ends the command with a sentence."""
    import uvloop

    try:
        uvloop.run(work)
    except EXPECTED_ERRORS as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _settings() -> Settings:
    from shared.runtime.ground.logs import configure_logging

    settings = settings_here()
    configure_logging(json=settings.json_logs, level="INFO" if settings.json_logs else "WARNING")
    return settings


@app.command()
def up() -> None:
    """Serve the whole platform on this machine until Ctrl-C, with everything recorded before."""
    from services import catalogue
    from services.command_line.serving import serve_until_stopped

    _run(serve_until_stopped(_settings(), catalogue.NAMES, console))


@app.command()
def serve(
    services: Annotated[list[str] | None, typer.Argument(help="Their names, such as ledger. Default: all.")] = None,
) -> None:
    """Serve these services in one process until it is stopped. Containers run this."""
    from services import catalogue
    from services.command_line.serving import serve_until_stopped

    unknown = [name for name in services or () if name not in catalogue.NAMES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is not a service. Use one of: {', '.join(catalogue.NAMES)}.")
    _run(serve_until_stopped(_settings(), tuple(services or catalogue.NAMES), console))


@app.command()
def migrate() -> None:
    """Create or update the schemas and roles in DATABASE_URL, as their owner. Safe to run again.

    Also creates the secrets that are missing in FOLKMOOT_SECRETS, so that the services need only read access there, and
    the streams in NATS_URL, as the user admin: run it again if somebody has deleted one.
    """
    settings = _settings()
    if not settings.database_url:
        raise typer.BadParameter("DATABASE_URL is not set. Embedded servers are migrated at every start.")
    from services import catalogue
    from shared.runtime.identity.source_keys import register_sources

    catalogue.migrate(settings.database_url, settings.service_password)
    register_sources(settings, catalogue.SOURCES)
    if settings.secrets_directory:
        catalogue.create_secrets(settings)
    if settings.nats_url:
        _run(catalogue.prepare_bus(settings.nats_url, settings))


@app.command()
def token(
    role: Annotated[list[Role], typer.Option(help="Can be given several times.")],
    partnership: Annotated[str | None, typer.Option(help="For example cannock-chase.")] = None,
    organisation: Annotated[str | None, typer.Option(help="The organisation that a partner speaks for.")] = None,
    subject: Annotated[str, typer.Option(help="An alias, never a person's name.")] = "local",
    hours: Annotated[int, typer.Option(min=1, max=24 * 366, help="Hours until it expires.")] = 12,
    force: Annotated[bool, typer.Option("--force", help="Also for an organisation that is not registered.")] = False,
) -> None:
    """Print a bearer token of the local issuer.

    If a platform is running, the organisation must be registered in the partnership.
    """
    from services.command_line.registered import NotAsked, NotRegistered, check_registered
    from shared.runtime.identity.local_issuer import issuer_of
    from shared.runtime.identity.principals import NotAuthenticated

    settings = _settings()
    try:
        issued = issuer_of(settings).issue(
            roles=role,
            subject=subject,
            partnership=partnership,
            organisation=organisation,
            lifetime=dt.timedelta(hours=hours),
        )
        if partnership and organisation and not force:
            asyncio.run(check_registered(settings, partnership, organisation))
    except NotAuthenticated as error:
        raise typer.BadParameter(error.detail) from None
    except NotRegistered as error:
        raise typer.BadParameter(str(error)) from None
    except NotAsked as error:
        print(f"Could not check whether {organisation!r} is registered: {error}.", file=sys.stderr)
    print(issued)


@app.command()
def demo(
    scenario: Annotated[Path, typer.Option(help="A directory of steps.", exists=True, file_okay=False)] = SCENARIO,
    output: Annotated[Path, typer.Option(help="Directory for the reports.")] = Path("build/demo"),
) -> None:
    """Play a real quarter of a partnership through the public API and write its Cabinet report."""
    from services.command_line import demo as demonstration

    _run(demonstration.play(console, _settings(), scenario, output))


@app.command()
def replay(
    first: Annotated[int | None, typer.Option("--from", min=0, help="The first position.")] = None,
    end: Annotated[int | None, typer.Option("--to", min=0, help="Stop before this position.")] = None,
    partnership: Annotated[str, typer.Option(help="Only this partnership.")] = "",
    service: Annotated[str, typer.Option(help="Only this service's events.")] = "",
    subject: Annotated[str, typer.Option(help="Only this subject, or those below it if it ends in /.")] = "",
    event_type: Annotated[str, typer.Option("--type", help="Only events of this name.")] = "",
    actor: Annotated[str, typer.Option(help="Only events by this actor: clerk:c-1, partner:police, …")] = "",
    decision: Annotated[str, typer.Option(help="Only events that belong to this decision.")] = "",
    as_at: Annotated[
        dt.datetime | None, typer.Option(parser=moment, help="Only events that happened by this day or time.")
    ] = None,
    as_known_at: Annotated[
        dt.datetime | None, typer.Option(parser=moment, help="Only events recorded by this day or time.")
    ] = None,
    form: Annotated[Form, typer.Option("--as", help="JSON lines, CSV, or a narrative to read.")] = Form.JSONL,
    resume: Annotated[
        Path | None, typer.Option(help="Continue from the position in this file, and save it there.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for new events, until Ctrl-C.")] = False,
    ledger: Annotated[str, typer.Option(help="Another ledger, host:port. Needs --token.")] = "",
    token: Annotated[str, typer.Option(envvar="FOLKMOOT_TOKEN", help="An auditor's token for it.")] = "",
) -> None:
    """Print the history in the ledger's order, and on stderr the position to continue from."""
    from services.command_line import forms
    from services.command_line import replay as replaying
    from services.command_line.platform import platform
    from shared.runtime.identity.local_issuer import issuer_of

    if follow and (as_at or as_known_at or end is not None):
        raise typer.BadParameter("--follow never ends: leave out --as-at, --as-known-at and --to.")
    if resume and first is not None:
        raise typer.BadParameter("--resume says where to start: leave out --from.")
    if ledger and not token:
        raise typer.BadParameter("--ledger needs a token: use --token or set FOLKMOOT_TOKEN.")
    wanted = replaying.Wanted(
        partnership=partnership,
        service=service,
        type=event_type,
        subject=subject,
        actor=actor,
        decision=decision,
        as_at=as_at,
        as_known_at=as_known_at,
        end=end,
    )
    settings = _settings()

    async def work() -> None:
        bookmark = replaying.Bookmark(resume, wanted) if resume else None
        kept = bookmark.position() if bookmark else None
        position = first or kept or 0

        def reached(next_position: int) -> None:
            nonlocal position
            position = next_position
            if bookmark:
                bookmark.keep(next_position)

        async with contextlib.AsyncExitStack() as stack:
            address, bearer = ledger, token
            if not ledger:
                address = (await stack.enter_async_context(platform(settings))).grpc
                bearer = issuer_of(settings).issue(
                    roles=[Role.AUDITOR], subject="replay", lifetime=dt.timedelta(hours=12)
                )
            reader = await stack.enter_async_context(replaying.reading(address, bearer))
            stack.callback(lambda: print(f"next position: {position}", file=sys.stderr))
            written = forms.writer(form, sys.stdout, goes_on=kept is not None)
            await replaying.replay(reader, wanted, written, first=position, follow=follow, reached=reached)

    _run(work())


@app.command("nats-config")
def nats_config(
    partners: Annotated[
        list[str] | None, typer.Argument(help="Organisations, each as partnership/organisation.", show_default=False)
    ] = None,
    listed: Annotated[Path | None, typer.Option(help="A file with one organisation on each line.", exists=True)] = None,
    registered: Annotated[
        list[str] | None, typer.Option(help="Include all organisations registered in this partnership.")
    ] = None,
    output: Annotated[Path, typer.Option(help="File for the configuration.")] = Path("nats.conf"),
    passwords: Annotated[Path, typer.Option(help="File for its passwords, readable by you only.")] = Path(
        "nats.passwords"
    ),
    listen: Annotated[str, typer.Option(help="Where clients connect.")] = "0.0.0.0:4222",
    monitor: Annotated[str, typer.Option(help="Where /varz is served.")] = "0.0.0.0:8222",
    store: Annotated[str, typer.Option(help="JetStream's directory on the server.")] = "/data",
    certificate: Annotated[
        str, typer.Option("--tls-certificate", help="Path of a TLS certificate on the server. Needs --tls-key.")
    ] = "",
    key: Annotated[str, typer.Option("--tls-key", help="Path of the certificate's key on the server.")] = "",
    demo: Annotated[
        bool, typer.Option("--demo", help="Add a user that may act for every organisation, for the demo.")
    ] = False,
) -> None:
    """Write a configuration for nats-server: a user for each service, an account for each partner organisation.

    The services' passwords are in FOLKMOOT_SECRETS, in nats/.
    """
    from services.command_line import nats_config as nats_configuration
    from services.command_line.platform import platform
    from services.command_line.registered import organisations_of
    from shared.runtime.identity.local_issuer import issuer_of

    settings = _settings()

    async def work() -> None:
        found = [nats_configuration.Partner.parse(text) for text in partners or ()]
        if listed:
            found += nats_configuration.listed(listed.read_text().splitlines())
        if registered:
            async with platform(settings) as addresses:
                for name in registered:
                    slugs = await asyncio.to_thread(
                        organisations_of, f"{addresses.http}/membership", issuer_of(settings), name
                    )
                    found += [nats_configuration.Partner(name, slug) for slug in slugs]
        if bool(certificate) != bool(key):
            raise typer.BadParameter("TLS needs both --tls-certificate and --tls-key.")
        server = nats_configuration.Server(listen, monitor, store, certificate, key, demo)
        nats_configuration.write(settings, found, output, passwords, server)
        print(f"{output}: {len(set(found))} organisations. {passwords} has the passwords, including the services'.")

    _run(work())


@app.command()
def dossier(
    name: Annotated[str, typer.Argument(metavar="ID", help="A slug, or cannock-chase/decision/<slug>.")],
    output: Annotated[Path | None, typer.Option(help="File for the archive.")] = None,
) -> None:
    """Write the trail of one decision, request or project, with its proofs, as an archive that anyone can check."""
    from services.command_line import dossier as dossiers
    from services.command_line import replay as replaying
    from services.command_line.platform import platform
    from shared.runtime.identity.local_issuer import issuer_of

    settings = _settings()

    async def work() -> None:
        async with contextlib.AsyncExitStack() as stack:
            if settings.endpoints:
                reporting, address = settings.endpoints.get("reporting", ""), settings.ledger or ""
            else:
                addresses = await stack.enter_async_context(platform(settings))
                reporting, address = f"{addresses.http}/reporting", addresses.grpc
            bearer = issuer_of(settings).issue(roles=[Role.AUDITOR], subject="dossier", lifetime=dt.timedelta(hours=1))
            reader = await stack.enter_async_context(replaying.reading(address, bearer))
            matter = await dossiers.find(reader, name)
            content = await dossiers.fetch(reporting, bearer, matter, await reader.size())
        path = output or matter.file
        path.write_bytes(content)
        console.print(f"[bold]{path}[/bold]: unpack it and open index.html. To check it: python3 verify.py")

    _run(work())


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(help="Directory; may hold an earlier export.", file_okay=False)],
    url: Annotated[str | None, typer.Option(help="Another ledger: https://…/ledger.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="FOLKMOOT_TOKEN", help="An auditor's token. Default: own.")
    ] = None,
) -> None:
    """Write the whole log, its proofs and a verifier into a directory, for auditors who trust no one."""
    _run(_export(_settings(), directory, url, token))


@app.command()
def verify(
    target: Annotated[
        str, typer.Argument(help="A log's directory or web address: https://…/ledger; a dossier's directory; an event.")
    ],
    policy: Annotated[
        Path | None, typer.Option(help="A policy file, from someone other than the log's operator.")
    ] = None,
    source_keys: Annotated[
        Path | None, typer.Option(help="The register of the services' keys, from someone else likewise.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="FOLKMOOT_TOKEN", help="An auditor's token. Default: own.")
    ] = None,
    receipt: Annotated[Path | None, typer.Option(help="Check one event, byte for byte. Needs --policy.")] = None,
) -> None:
    """Check a log, a dossier or one event by computing every hash again. Says what is wrong first, and where.

    The exit code is 0 only if everything is right.
    """
    from services.command_line import verifying

    if receipt:
        if policy is None:
            raise typer.BadParameter("A receipt has no policy of its own: give --policy too.")
        raise typer.Exit(verifying.verify_receipt(Path(target), receipt, policy))
    if verifying.is_dossier(target):
        raise typer.Exit(verifying.verify_dossier(target, policy))
    settings = _settings()
    if token is None and target.startswith("http"):
        token = asyncio.run(_own_token(settings, target))
    raise typer.Exit(verifying.verify(verifying.source_of(target, token), policy, source_keys, Console(stderr=True)))


async def _export(settings: Settings, directory: Path, url: str | None, token: str | None) -> None:
    from services.command_line import exporting
    from services.command_line.platform import platform

    async with contextlib.AsyncExitStack() as stack:
        ledger = url or settings.endpoints.get("ledger")
        if ledger is None:
            ledger = f"{(await stack.enter_async_context(platform(settings))).http}/ledger"
        with exporting.bar(Console(stderr=True)) as report:
            done = await exporting.export(ledger, token or await _own_token(settings, ledger), directory, report)
    print(f"{done.checkpoint.size:,} entries of {done.checkpoint.origin} are in {directory}.")
    print(f"Check them: python3 {directory / 'verify.py'}")


async def _own_token(settings: Settings, ledger: str) -> str | None:
    """A token of the local issuer, for this platform's own ledger only: other servers must not see one."""
    from services.command_line.addresses import running
    from shared.runtime.identity.local_issuer import issuer_of

    addresses = await running(settings)
    own = settings.endpoints.get("ledger") or (addresses and f"{addresses.http}/ledger")
    if not own or ledger.rstrip("/") != own.rstrip("/"):
        return None
    return issuer_of(settings).issue(roles=[Role.AUDITOR], subject="export", lifetime=dt.timedelta(hours=12))


if __name__ == "__main__":
    app()
