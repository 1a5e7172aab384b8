"""Areas of interest that the body named, answered one by one (CAN-8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from services.reporting.english import clause, day
from services.reporting.history import Fact, History, latest
from services.reporting.statements import Part, Statement, item, nothing, say
from shared.contracts.meetings import AreaOfInterestAnswered, AreaOfInterestNamed, UpdateCommissioned


def areas_of_interest(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """Every area that no earlier update has answered; an unanswered one says so."""
    body = update.what.body
    told = tuple(_each(history, update)) or (nothing(f"{body} has named no area of interest to be answered.", update),)
    return Part(f"Areas of interest to {body}", told)


def _each(history: History, update: Fact[UpdateCommissioned]) -> Iterator[Statement]:
    # Answers are written for the update, after its period has ended: they belong to it whenever they were given.
    ends = {fact.what.update: fact.what.until for fact in history.ever(UpdateCommissioned)}
    for named in latest(history.known(AreaOfInterestNamed, body=update.what.body), "area_of_interest"):
        answers = history.ever(AreaOfInterestAnswered, area_of_interest=named.what.area_of_interest)
        if any(_was_earlier(ends, answer.what.update, update.what) for answer in answers):
            continue
        yield say(
            f"On {day(named.day)} {update.what.body} named an area of interest: {clause(named.what.text)}.", named
        )
        own = [answer for answer in answers if answer.what.update == update.what.update]
        if own:
            yield item(f"Answer: {clause(own[-1].what.text)}.", own[-1])
        else:
            yield item("Not yet answered: no answer is on record.", named)


def _was_earlier(ends: dict[str, dt.date], answered_in: str, update: UpdateCommissioned) -> bool:
    return answered_in != update.update and answered_in in ends and ends[answered_in] < update.until
