"""The source of a log's files: a directory, or anything else that gives bytes by path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from .merkle import Malformed, ProofFailed


class Files(Protocol):
    """The files of a log, by their paths in C2SP tlog-tiles."""

    def read(self, path: str, most: int) -> bytes:
        """A file's bytes. Raises ``ProofFailed`` if it is missing or has more than ``most`` bytes."""

    def lines(self, path: str) -> Iterator[str]:
        """A file's lines, read as they are needed. Raises ``ProofFailed`` if it is missing or not made of lines."""

    def names(self, directory: str) -> list[str]:
        """The files in a directory; none if they cannot be listed."""


MAX_LINE = 300
"""Bytes in a line, at most."""


def lines_of(file: BinaryIO, path: str) -> Iterator[str]:
    """The lines of an open file, without their newlines. Raises ``Malformed``."""
    while line := file.readline(MAX_LINE):
        if not line.endswith(b"\n") or not line.isascii():
            raise Malformed(f"{path} has something that is not a line of ASCII: {line[:80]!r}.")
        yield line[:-1].decode()


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

    def lines(self, path: str) -> Iterator[str]:
        try:
            with open(os.path.join(self._root, *path.split("/")), "rb") as file:
                yield from lines_of(file, path)
        except FileNotFoundError:
            raise ProofFailed(f"{path} is missing.") from None
        except OSError as error:
            raise ProofFailed(f"{path} cannot be read: {error.strerror}.") from None

    def names(self, directory: str) -> list[str]:
        try:
            return sorted(os.listdir(os.path.join(self._root, *directory.split("/"))))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ProofFailed(f"{directory} cannot be read: {error.strerror}.") from None
