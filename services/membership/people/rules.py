"""The rules about people."""

from __future__ import annotations

from shared.values.rule import Broken, rule


@rule(
    "design 10",
    problem="person-is-erased",
    remedy="If the person agrees, register them again under a new slug.",
)
def an_erased_person_takes_no_further_part(person: str, erased: bool) -> Broken | None:
    """A person who was erased takes no further part."""
    return Broken(f"The person {person!r} was erased.", field="person") if erased else None
