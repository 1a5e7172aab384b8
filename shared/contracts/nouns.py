"""The nouns that facts name, each by the slug of its kind, with the days, texts and lists that all four services use.

A type of its own for each noun gives every field a meaning and an example in the schemas, whichever event it stands in.
"""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from shared.values.identifiers import Name, Slug, Text

OrganisationSlug = Annotated[Slug, Meta(description="An organisation.", examples=["county-council"])]
PersonSlug = Annotated[
    Slug, Meta(description="A person, by a slug that tells nothing about who it is.", examples=["person-7f3a9c"])
]
GroupSlug = Annotated[Slug, Meta(description="A group of the partnership.", examples=["strategic-board"])]
SeatSlug = Annotated[Slug, Meta(description="A seat, unique within its group.", examples=["police"])]

MeetingSlug = Annotated[Slug, Meta(description="A meeting.", examples=["board-2014-11-24"])]
ItemSlug = Annotated[Slug, Meta(description="An agenda item, unique within its meeting.", examples=["requests"])]
DecisionSlug = Annotated[
    Slug, Meta(description="A decision, unique within the partnership.", examples=["board-2014-11-24-blake-worker"])
]
ActionSlug = Annotated[Slug, Meta(description="An action, unique within its meeting.", examples=["ask-the-pcc"])]
UpdateSlug = Annotated[Slug, Meta(description="An update that a body asked for.", examples=["cabinet-2015-01-29"])]
AreaSlug = Annotated[Slug, Meta(description="An area of interest that a body named.", examples=["hate-crime"])]

ReserveSlug = Annotated[Slug, Meta(description="A reserve.", examples=["partnership-reserve"])]
StreamSlug = Annotated[Slug, Meta(description="A stream, unique within its reserve.", examples=["locality-funds"])]
PurposeSlug = Annotated[Slug, Meta(description="What money is for.", examples=["community-development"])]
RequestSlug = Annotated[Slug, Meta(description="A request for funding.", examples=["blake-worker"])]
AwardSlug = Annotated[Slug, Meta(description="An award, unique within its reserve.", examples=["apprentice-scheme"])]
PaymentSlug = Annotated[Slug, Meta(description="A payment, unique within its award.", examples=["instalment-1"])]
ReturnSlug = Annotated[
    Slug, Meta(description="A return of money, unique within its reserve.", examples=["apprentice-scheme-return"])
]

ContributionSlug = Annotated[
    Slug, Meta(description="A contribution, unique within its reserve.", examples=["police-2015-16"])
]

PrioritySlug = Annotated[Slug, Meta(description="A priority.", examples=["community-safety"])]
ObjectiveSlug = Annotated[Slug, Meta(description="An objective, unique within its priority.", examples=["less-abuse"])]
ProjectSlug = Annotated[Slug, Meta(description="A project.", examples=["perpetrators-programme"])]
TemplateSlug = Annotated[Slug, Meta(description="The template the stages came from.", examples=["seven-steps"])]
StageSlug = Annotated[Slug, Meta(description="A stage, unique within its project.", examples=["step-1"])]
MeasureSlug = Annotated[Slug, Meta(description="A measure, unique within its project.", examples=["referrals"])]
ProblemSlug = Annotated[Slug, Meta(description="A problem, unique within its project.", examples=["no-take-up"])]
MitigationSlug = Annotated[Slug, Meta(description="A mitigation, unique within its project.", examples=["signpost"])]
PilotSlug = Annotated[Slug, Meta(description="A pilot, unique within its project.", examples=["neighbourhood-panel"])]
DocumentSlug = Annotated[Slug, Meta(description="A document.", examples=["needs-assessment-2015"])]
QuestionSlug = Annotated[Slug, Meta(description="A question, unique within its project.", examples=["other-funding"])]

Day = Annotated[dt.date, Meta(description="A day.", examples=["2014-11-24"])]
FirstDay = Annotated[dt.date, Meta(description="The first day, included.", examples=["2015-04-01"])]
LastDay = Annotated[dt.date, Meta(description="The last day, included.", examples=["2017-03-31"])]

Reason = Annotated[
    Text, Meta(description="Why, in a few sentences.", examples=["The project did not develop as first intended."])
]
Texts = Annotated[tuple[Text, ...], Meta(max_length=50)]
Names = Annotated[tuple[Name, ...], Meta(max_length=50)]
