"""A project, made of its parts. Its measures and problems have histories of their own."""

from __future__ import annotations

from msgspec import field

from services.projects.commissioning.domain import Commissioning
from services.projects.delivery.domain import Delivery
from services.projects.pilots.domain import Pilots
from services.projects.questions.domain import Questions
from shared.values.aggregate import Aggregate


class Project(Aggregate):
    """A piece of work that the partnership follows, led by one organisation (CAN-4, CAN-6, CAN-7)."""

    noun = "project"

    delivery: Delivery = field(default_factory=Delivery)
    pilots: Pilots = field(default_factory=Pilots)
    questions: Questions = field(default_factory=Questions)
    commissioning: Commissioning = field(default_factory=Commissioning)
