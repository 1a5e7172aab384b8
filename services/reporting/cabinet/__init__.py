"""The Cabinet's update: sections in the order in which the council's reports have them (CAN-1)."""

from __future__ import annotations

from collections.abc import Callable

from services.reporting.cabinet.funding import funding_update
from services.reporting.cabinet.implications import implications
from services.reporting.cabinet.interest import areas_of_interest
from services.reporting.cabinet.meetings import meetings_since
from services.reporting.cabinet.priorities import corporate_priorities
from services.reporting.cabinet.projects import project_topics
from services.reporting.english import day, sentence
from services.reporting.history import Fact, History
from services.reporting.statements import Part, Statement, TableRow, item, nothing, say
from shared.contracts.meetings import UpdateCommissioned
from shared.contracts.projects import DocumentPublished

Section = Callable[[History, Fact[UpdateCommissioned]], Part]


def purpose(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """1: why the report is made."""
    return Part("Purpose of report", (say(sentence(update.what.purpose), update),))


def recommendations(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """2: what the body is asked to do, a paragraph each."""
    return Part("Recommendations", tuple(say(sentence(text), update) for text in update.what.recommendations))


def key_issues(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """3: the reasons."""
    return Part("Key issues and reasons for recommendations", (say(sentence(update.what.key_issues), update),))


def report_detail(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """5: meetings, money, a topic for each project, and what the body asked about."""
    return Part(
        "Report detail",
        parts=(
            meetings_since(history, update),
            funding_update(history, update),
            *project_topics(history),
            areas_of_interest(history, update),
        ),
    )


def appendices(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """7: what is attached."""
    return Part("Appendices to the report", _names(update, update.what.appendices))


def previous_consideration(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """Where the matter was considered before."""
    return Part("Previous consideration", _names(update, update.what.previous_consideration), numbered=False)


def background_papers(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """What else there is to read: what the report names, and what was published and is about no one project."""
    published = [
        item(
            f"{fact.what.title} ({history.names.organisation(fact.what.published_by)}, {day(fact.day)}): "
            f"{fact.what.address}",
            fact,
        )
        for fact in history.news(DocumentPublished, project=None)
    ]
    named = _names(update, update.what.background_papers)
    papers = (*(named if update.what.background_papers or not published else ()), *published)
    return Part("Background papers", papers, numbered=False)


SECTIONS: tuple[Section, ...] = (
    purpose,
    recommendations,
    key_issues,
    corporate_priorities,
    report_detail,
    implications,
    appendices,
    previous_consideration,
    background_papers,
)


def heading(update: Fact[UpdateCommissioned]) -> tuple[TableRow, ...]:
    """The rows above the title: label and text. Posts, not people."""
    said = update.what.heading
    rows = (
        ("Report of", said.report_of),
        ("Contact officer", said.contact_post),
        ("Portfolio leader", said.portfolio_leader),
        ("Key decision", "Yes" if said.key_decision else "No"),
        ("Report track", said.report_track),
    )
    return tuple(TableRow(cells, (update.position,)) for cells in rows)


def _names(update: Fact[UpdateCommissioned], names: tuple[str, ...]) -> tuple[Statement, ...]:
    return tuple(item(name, update) for name in names) or (nothing("None", update),)
