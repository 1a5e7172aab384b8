"""What every command needs: its settings, and the error that ends it.

``folkmoot --help`` loads no more of the platform than this. Each command imports its work when it runs, because
importing all of it takes longer than most commands.
"""

from __future__ import annotations

import os

import typer

from shared.runtime.ground.settings import Settings, UnusableSetting


class CommandFailed(Exception):
    """An error with a cause outside our code. It ends a command with its message and the exit code 1."""


def settings_here() -> Settings:
    """The settings. An unusable one ends the command with a sentence."""
    try:
        return Settings.from_environment(os.environ)
    except UnusableSetting as error:
        raise typer.BadParameter(str(error)) from None
