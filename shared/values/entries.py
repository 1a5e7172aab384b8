"""Named entries of a thing, such as the items of an agenda."""

from __future__ import annotations

from collections.abc import Mapping

from shared.values.refusals import AlreadyThere, Unknown


def entry[V](entries: Mapping[str, V], noun: str, slug: str, owner: str) -> V:
    """The entry of that name. Raises ``Unknown``: ``board-2014-11-24 has no item 'requests'.``"""
    try:
        return entries[slug]
    except KeyError:
        listed = ", ".join(repr(name) for name in list(entries)[:10])
        known = f" It has {listed}{' and others' if len(entries) > 10 else ''}." if entries else ""
        raise Unknown(f"{owner!r} has no {noun} {slug!r}.{known}", field=noun) from None


def is_free(entries: Mapping[str, object] | set[str], noun: str, slug: str, owner: str) -> None:
    """Check that a name is not taken. Raises ``AlreadyThere``."""
    if slug in entries:
        raise AlreadyThere(f"{owner!r} has {noun} {slug!r} already.", field=noun)
