"""Checks entries: each must be a CloudEvent (cloudevents.io, version 1.0, JSON format) with Folkmoot's attributes."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any, NamedTuple

from .merkle import Malformed
from .tiles import WIDTH, entries_of, fold

TEXTS = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "partnership",
    "time",
    "recordedtime",
    "actor",
    "authority",
    "correlationid",
)
"""Attributes that every event has, each a text."""
NUMBER = "subjectversion"
"""The attribute with the fact's number within its subject, from 1."""


Fact = tuple[str, str, str, int]
"""An event's id, which is unique; its source; its chain, which is source and subject; its number in that, from 1."""


class ExaminedBundle(NamedTuple):
    """The contents of an entry bundle."""

    hashes: bytes
    """The leaf hashes of its entries, computed from their bytes and joined. Their tile should equal it."""
    root: bytes
    """The root of the subtree over a full bundle's entries; empty if the bundle is not full."""
    sources: tuple[tuple[str, bytes], ...]
    """The leaf hashes of each source's entries, in order and joined. This and the rest only go as far as ``ids``."""
    ids: tuple[str, ...]
    """This and the next two are the entries' facts, up to the first entry that is not an event."""
    chains: tuple[str, ...]
    numbers: tuple[int, ...]
    fault: str
    """Why that entry is not an event; empty if all are."""


def examine(bundle: bytes) -> ExaminedBundle:
    """Hash and read the entries of a bundle. Raises ``Malformed`` if it cannot be split into entries."""
    entries = entries_of(bundle)
    hashes = [sha256(b"\x00" + entry).digest() for entry in entries]
    same: dict[str, str] = {}
    root = fold(hashes) if len(hashes) == WIDTH else b""
    facts: list[Fact] = []
    fault = ""
    try:
        for entry in entries:
            identity, source, chain, number = fact_of(entry)
            # One object for equal texts goes between processes once.
            facts.append((identity, source, same.setdefault(chain, chain), number))
    except Malformed as error:
        fault = str(error)
    ids, sources, chains, numbers = zip(*facts) if facts else ((), (), (), ())  # noqa: B905 - for Python 3.9
    own: tuple[tuple[str, bytes], ...]
    if len(set(sources)) == 1:
        own = ((sources[0], b"".join(hashes[: len(facts)])),)
    else:
        own = tuple(
            (source, b"".join([leaf for leaf, of in zip(hashes, sources) if of == source]))  # noqa: B905
            for source in dict.fromkeys(sources)
        )
    return ExaminedBundle(b"".join(hashes), root, own, ids, chains, numbers, fault)


def fact_of(entry: bytes) -> Fact:
    """The fact in an entry. Raises ``Malformed`` with the end of a sentence that begins with the entry's position."""
    try:
        text = entry.decode()
        match = _usual(text)
        if match:
            end = match.end()
            head = entry[:end] if entry.isascii() else text[:end].encode()
            # Neither escapes nor control characters: asking once is faster than a pattern that excludes them.
            plain = b"\\" not in head and len(head.translate(None, _CONTROLS)) == len(head)
            if plain and _ends_with_data(text, end):
                identity, source, subject, number = match.groups()
                return identity, source, f"{source} {subject}", int(number)
        event = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"is not JSON (RFC 8259): {str(error)[:100]}") from None
    return _fact_in(event)


def _ends_with_data(text: str, at: int) -> bool:
    """Whether a value begins exactly here, and the object ends directly after it."""
    try:
        _, end = _decoder.raw_decode(text, at)
    except ValueError:  # it may still be JSON, with a space before the value
        return False
    return end == len(text) - 1 and text[-1] == "}"


def _fact_in(event: Any) -> Fact:
    if type(event) is not dict:
        raise Malformed("is not a JSON object")
    for name in TEXTS:
        if type(event.get(name)) is not str or not event[name]:
            raise Malformed(f"has no text as its {name}")
    if event["specversion"] != "1.0":
        raise Malformed(f"is a CloudEvent of version {event['specversion'][:20]!r} instead of '1.0'")
    number = event.get(NUMBER)
    if type(number) is not int or not 1 <= number < 2**63:
        raise Malformed(f"has no whole number, 1 or higher, as its {NUMBER}")
    if "data" not in event:
        raise Malformed("has no data")
    return event["id"], event["source"], f"{event['source']} {event['subject']}", number


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number")


_decoder = json.JSONDecoder(parse_constant=_no_number)

# Events as Folkmoot's services write them, up to their data. A match needs no general parser: it is JSON if its data
# is, and has every required attribute. Anything else is parsed in full.
_CONTROLS = bytes(range(32))
_TEXT = r'"[^"]+"'
_KEPT = r'"([^"]+)"'
_usual = re.compile(
    rf'{{"specversion":"1\.0","id":{_KEPT},"source":{_KEPT},"type":{_TEXT},"subject":{_KEPT},'
    rf'"subjectversion":([1-9][0-9]{{0,17}}),"partnership":{_TEXT},"time":{_TEXT},"recordedtime":{_TEXT},'
    rf'"actor":{_TEXT},"authority":{_TEXT},"correlationid":{_TEXT},(?:"causationid":{_TEXT},)?'
    rf'(?:"traceparent":{_TEXT},)?"datacontenttype":{_TEXT},"data":',
    re.ASCII,
).match
