"""The source of a log's files: a directory, or anything else that gives bytes by path."""

from __future__ import annotations

import os
from typing import Protocol

from .merkle import Malformed, ProofFailed


class Files(Protocol):
    """The files of a log, by their paths in C2SP tlog-tiles."""

    def read(self, path: str, most: int) -> bytes:
        """A file's bytes. Raises ``ProofFailed`` if it is missing or has more than ``most`` bytes."""

    def names(self, directory: str) -> list[str]:
        """The files in a directory; none if they cannot be listed."""


class Directory:
    """The files in a directory of this machine."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = os.fspath(root)

    def read(self, path: str, most: int) -> bytes:
        try:
            with open(os.path.join(self._root, *path.split("/")), "rb") as file:
                data = file.read(most + 1)
        except FileNotFoundError:
            raise ProofFailed(f"{path} is missing.") from None
        except OSError as error:
            raise ProofFailed(f"{path} cannot be read: {error.strerror}.") from None
        if len(data) > most:
            raise Malformed(f"{path} has more than the {most} bytes that it can have.")
        return data

    def names(self, directory: str) -> list[str]:
        try:
            return sorted(os.listdir(os.path.join(self._root, *directory.split("/"))))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ProofFailed(f"{directory} cannot be read: {error.strerror}.") from None
