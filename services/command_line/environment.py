"""A command's settings, from its environment."""

from __future__ import annotations

import os

import typer

from shared.runtime.ground.settings import Settings, UnusableSetting


def settings_here() -> Settings:
    """The settings. An unusable one ends the command with a sentence."""
    try:
        return Settings.from_environment(os.environ)
    except UnusableSetting as error:
        raise typer.BadParameter(str(error)) from None
