"""The register of nouns: every kind of thing that facts name, declared once, and the types by which they name it.

A noun has one name everywhere: it is the field of events and commands that holds its slug, the second part of a subject
(``cannock-chase/meeting/board-2014-11-24``), the ``kind`` of a reference and the kind of a dossier. A noun that is
unique only within another says which; its key is then both slugs, the outer first.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from shared.values.identifiers import Name, Slug, Text
from shared.values.partial_date import PartialDate

NOUNS: dict[str, Noun] = {}
"""Every noun by its name."""


@dataclass(frozen=True)
class Noun:
    """A kind of thing."""

    name: str
    within: Noun | None = None
    """What its slug is unique in; None: the partnership."""

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that name one of them, the outermost first: ``("project", "measure")``."""
        return (*(self.within.key if self.within else ()), self.name)

    @property
    def with_article(self) -> str:
        """As a sentence has one of them: ``an area of interest``."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.words}"

    @property
    def words(self) -> str:
        """As people read it: ``area of interest``."""
        return self.name.replace("_", " ")


def noun(name: str, meaning: str, example: str, *, within: str | None = None) -> Meta:
    """Declare a noun, for the ``Annotated`` type of its slugs. ``x-refers-to`` in the schemas names it."""
    outer = NOUNS[within] if within else None
    if name in NOUNS:
        raise ValueError(f"The noun {name!r} is declared twice")
    NOUNS[name] = Noun(name, outer)
    scope = f", unique within its {outer.words}" if outer else ""
    return Meta(
        description=f"{meaning}{scope}.",
        examples=[example],
        extra_json_schema={"x-refers-to": name},
        extra={"noun": name},
    )


NOUNS["partnership"] = Noun("partnership")
OrganisationSlug = Annotated[Slug, noun("organisation", "An organisation", "county-council")]
PersonSlug = Annotated[Slug, noun("person", "A person, by a pseudonymous slug", "person-7f3a9c")]
GroupSlug = Annotated[Slug, noun("group", "A group of the partnership", "strategic-board")]
SeatSlug = Annotated[Slug, noun("seat", "A seat", "police", within="group")]

MeetingSlug = Annotated[Slug, noun("meeting", "A meeting", "board-2014-11-24")]
ItemSlug = Annotated[Slug, noun("item", "An agenda item", "requests", within="meeting")]
DecisionSlug = Annotated[Slug, noun("decision", "A decision", "board-2014-11-24-blake-worker")]
ActionSlug = Annotated[Slug, noun("action", "An action", "ask-the-pcc", within="meeting")]
UpdateSlug = Annotated[Slug, noun("update", "An update that a body asked for", "cabinet-2015-01-29")]
AreaOfInterestSlug = Annotated[Slug, noun("area_of_interest", "An area of interest that a body named", "hate-crime")]

ReserveSlug = Annotated[Slug, noun("reserve", "A reserve", "partnership-reserve")]
StreamSlug = Annotated[Slug, noun("stream", "A stream of money", "locality-funds", within="reserve")]
PurposeSlug = Annotated[Slug, noun("purpose", "What money is for", "community-development")]
RequestSlug = Annotated[Slug, noun("request", "A request for funding", "blake-worker")]
AwardSlug = Annotated[Slug, noun("award", "An award", "apprentice-scheme", within="reserve")]
PaymentSlug = Annotated[Slug, noun("payment", "A payment", "instalment-1", within="award")]
ReturnSlug = Annotated[Slug, noun("return", "A return of money", "apprentice-scheme-return", within="award")]
ContributionSlug = Annotated[Slug, noun("contribution", "A contribution", "police-2015-16", within="reserve")]

PrioritySlug = Annotated[Slug, noun("priority", "A priority", "community-safety")]
ObjectiveSlug = Annotated[Slug, noun("objective", "An objective", "less-abuse", within="priority")]
ProjectSlug = Annotated[Slug, noun("project", "A project", "perpetrators-programme")]
TemplateSlug = Annotated[Slug, noun("template", "A template of stages", "seven-steps")]
StageSlug = Annotated[Slug, noun("stage", "A stage", "step-1", within="project")]
MeasureSlug = Annotated[Slug, noun("measure", "A measure", "referrals", within="project")]
ProblemSlug = Annotated[Slug, noun("problem", "A problem", "no-take-up", within="project")]
MitigationSlug = Annotated[Slug, noun("mitigation", "A mitigation", "signpost", within="problem")]
PilotSlug = Annotated[Slug, noun("pilot", "A pilot", "neighbourhood-panel", within="project")]
DocumentSlug = Annotated[Slug, noun("document", "A document", "needs-assessment-2015")]
QuestionSlug = Annotated[Slug, noun("question", "A question", "other-funding", within="project")]

SubmissionSlug = Annotated[
    Slug, noun("submission", "An event that a partner's system sent", "0194f2a0-7c1e-7a40-8d53-1f6be0c2a911")
]

Day = Annotated[dt.date, Meta(description="A day.", examples=["2014-11-24"])]
FirstDay = Annotated[dt.date, Meta(description="The first day, included.", examples=["2015-04-01"])]
LastDay = Annotated[dt.date, Meta(description="The last day, included.", examples=["2017-03-31"])]
DayOrMonth = Annotated[PartialDate, Meta(examples=["2014-12-05"])]

Reason = Annotated[
    Text, Meta(description="Why, in a few sentences.", examples=["The project did not develop as first intended."])
]
Texts = Annotated[tuple[Text, ...], Meta(max_length=50)]
Names = Annotated[tuple[Name, ...], Meta(max_length=50)]
ShortName = Annotated[Name, Meta(description="The short form that papers use.", examples=["TSP"])]
Aliases = Annotated[
    Names, Meta(description="Other names under which papers know it.", examples=[["UKSP Board", "Prosperity Board"]])
]
