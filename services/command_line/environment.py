"""The settings of a command: those its environment spells out."""

from __future__ import annotations

import os

import typer

from shared.runtime.ground.settings import Settings, UnusableSetting


def settings_here() -> Settings:
    """The settings. Ends the command with a sentence when one of them means nothing."""
    try:
        return Settings.from_environment(os.environ)
    except UnusableSetting as error:
        raise typer.BadParameter(str(error)) from None
