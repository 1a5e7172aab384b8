"""``folkmoot key``: the keys that sign the ledger's checkpoints. See docs/runbooks/ledger-key.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from services.command_line.environment import settings_here
from shared.runtime.ground.settings import Settings
from shared.runtime.identity.secret_files import UnusableSecret

if TYPE_CHECKING:
    from shared.runtime.identity.signing import SigningKeys

app = typer.Typer(no_args_is_help=True, help="The keys that sign the ledger's checkpoints.")


@app.command()
def show() -> None:
    """Print the verifier keys that check this ledger's signatures, the newest first."""
    _print(_keys(settings_here()))


@app.command()
def rotate() -> None:
    """Create a new key. After the ledger's next start it signs together with the older keys, until you retire them."""
    settings = settings_here()
    keys = _keys(settings).rotated()
    keys.save(settings.ledger_key)
    typer.echo("The new key is ready. Restart the ledger. Witnesses, auditors and policy files need:", err=True)
    _print(keys)


@app.command()
def retire(
    key_id: Annotated[str, typer.Argument(help="The part after the name in its verifier key.")],
) -> None:
    """Stop signing with an older key, after the ledger's next start."""
    settings = settings_here()
    try:
        keys = _keys(settings).without(key_id)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    keys.save(settings.ledger_key)
    typer.echo("The key is removed from the file. Restart the ledger. It will sign with:", err=True)
    _print(keys)


def _keys(settings: Settings) -> SigningKeys:
    from shared.runtime.identity.signing import log_keys_of

    try:
        return log_keys_of(settings, create=False)
    except UnusableSecret as error:
        raise typer.BadParameter(str(error)) from None


def _print(keys: SigningKeys) -> None:
    for key in keys.keys:
        typer.echo(key.verifier.format())
