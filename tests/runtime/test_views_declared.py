"""A view is declared once: columns, projectors and entries follow from the events whose fields it keeps."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
import sqlalchemy
from msgspec import Meta
from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from shared.contracts.envelope import CloudEvent, encode_data
from shared.contracts.event import Event, name_of
from shared.contracts.funding.awards import ReturnEstimated
from shared.contracts.membership.organisations import Identifier, OrganisationRegistered, Sector
from shared.contracts.projects.delivery import StageReached
from shared.contracts.projects.questions import QuestionAnswered, QuestionKind, QuestionRaised
from shared.runtime.endpoints.paging import Page
from shared.runtime.endpoints.problems import BadRequest
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.following.columns import kind_of, kinds_of, may_be_null, sql_type
from shared.runtime.following.entries import as_entry, entry
from shared.runtime.following.views import Views, happened_day
from shared.runtime.ground.database import create_tables, engine, migrate, url_for
from shared.runtime.identity.principals import Principal
from shared.values.identifiers import Slug
from shared.values.refusals import Unknown
from shared.values.roles import Role

views = Views("reads")
question = views.keeps(
    "question", QuestionRaised, QuestionAnswered, key=("project", "question"), raised_on=happened_day
)
organisation = views.keeps("organisation", OrganisationRegistered, key=("organisation",))
estimate = views.keeps("estimate", ReturnEstimated, key=("reserve", "return"), leaves_out=("reason",))


@entry(question)
class Question:
    """A question."""


@entry(
    question, leaves_out=("answer",), where=question.c.answered_on.is_(None), facts=func.cardinality(question.c.sources)
)
class OpenQuestion:
    """A question without an answer."""

    facts: int


@entry(organisation)
class Organisation:
    """An organisation."""


@entry(estimate)
class Estimate:
    """A return that is expected."""


class Colour(enum.StrEnum):
    RED = "red"


class Part(msgspec.Struct):
    name: str


class Maker(msgspec.Struct):
    thing: Slug
    note: str | None
    number: int


class Change(msgspec.Struct):
    thing: Slug
    number: int | None
    changed_on: dt.date


@pytest.fixture
def reads(database_url: str) -> Iterator[Reads]:
    def create(connection: Any, role: str) -> None:
        create_tables(connection, views.metadata, role)

    migrate(database_url, [("reads", create)])
    found = engine(url_for(database_url, "reads"))
    yield Reads(found)
    found.dispose()


class Reads:
    """The views above on a separate database."""

    def __init__(self, found: sqlalchemy.Engine) -> None:
        self.engine = found
        self.position = 0

    def learns(self, *facts: Event, partnership: str = "area") -> None:
        with self.engine.begin() as connection:
            views.project(connection, [(self._next(), envelope(fact, partnership)) for fact in facts])

    def of(self, partnership: str = "area") -> ReadContext:
        return ReadContext(self.engine, Principal("r", frozenset({Role.READER}), partnership, None), partnership)

    def _next(self) -> int:
        self.position += 1
        return self.position


def envelope(fact: Event, partnership: str) -> CloudEvent:
    return CloudEvent(
        id="an-id",
        source="/reads",
        type=name_of(type(fact)),
        subject=f"{partnership}/thing/a",
        subjectversion=1,
        partnership=partnership,
        time=dt.datetime(2014, 6, 30, 23, 30, tzinfo=dt.UTC),
        recordedtime=dt.datetime(2014, 7, 2, tzinfo=dt.UTC),
        actor="clerk:clerk",
        authority="",
        correlationid="an-id",
        data=encode_data(fact),
    )


def raised(question: str, project: str = "p", kind: QuestionKind = QuestionKind.LEGAL, text: str = "May it?") -> Event:
    return QuestionRaised(project=project, question=question, kind=kind, text=text, raised_by="council")


def answered(question: str) -> Event:
    return QuestionAnswered(project="p", question=question, answer="It may.", answered_on="2014-08-01")


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        (str, Text()),
        (Slug, Text()),
        (Slug | None, Text()),
        (Annotated[Slug, Meta(description="Twice annotated.")] | None, Text()),
        (Colour, Text()),
        (Annotated[int, Meta(ge=1)], BigInteger()),
        (bool, Boolean()),
        (dt.date | None, Date()),
        (Annotated[dt.datetime, Meta(tz=True)], DateTime(timezone=True)),
        (Annotated[tuple[Slug, ...], Meta(max_length=5)], ARRAY(Text())),
        (tuple[Colour, ...], ARRAY(Text())),
        (Part, JSONB()),
        (Part | None, JSONB()),
        (tuple[Part, ...], JSONB()),
        (dict[str, int], JSONB()),
        (int | str, JSONB()),
    ],
)
def test_a_columns_sql_type_follows_from_the_fields_type(kind: Any, sql: Any) -> None:
    assert repr(sql_type(kind)) == repr(sql)


def test_what_the_first_event_sets_is_there_and_what_a_later_one_sets_may_be_null() -> None:
    kinds = kinds_of("thing", Maker, Change)
    assert list(kinds) == ["thing", "note", "number", "changed_on"]
    assert [name for name, kind in kinds.items() if may_be_null(kind)] == ["note", "number", "changed_on"]


def test_one_column_cannot_have_two_types() -> None:
    class Other(msgspec.Struct):
        number: str

    with pytest.raises(ValueError, match=r"thing\.number is BigInteger.*not as Other has it"):
        kinds_of("thing", Maker, Other)


def test_a_table_has_the_events_fields_its_key_first_and_what_is_computed() -> None:
    assert list(question.c.keys()) == [
        *("partnership", "project", "question", "kind", "text", "raised_by", "answer", "answered_on"),
        *("raised_on", "sources"),
    ]
    assert list(question.primary_key.columns.keys()) == ["partnership", "project", "question"]
    assert "reason" not in estimate.c
    assert kind_of(question.c.kind) is QuestionKind


def test_a_declaration_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="has no column 'nowhere'"):
        Views("faulty").keeps("thing", QuestionRaised, key=("nowhere",))
    with pytest.raises(ValueError, match="StageReached has no 'question'"):
        Views("faulty").keeps("thing", QuestionRaised, StageReached, key=("question",))
    with pytest.raises(ValueError, match="thing computes 'day' from Maker, which is no event"):
        Views("faulty").keeps("thing", Maker, key=("thing",), day=happened_day)
    with pytest.raises(ValueError, match="question has no column 'nowhere' to leave out"):
        entry(question, leaves_out=("nowhere",))


def test_events_set_their_own_fields_and_only_the_first_what_is_computed(reads: Reads) -> None:
    reads.learns(raised("law"))
    reads.learns(answered("law"))
    (found,) = reads.of().entries(Question)
    assert msgspec.to_builtins(found) == {
        **{"project": "p", "question": "law", "kind": "legal", "text": "May it?", "raised_by": "council"},
        **{"answer": "It may.", "answered_on": "2014-08-01", "raised_on": "2014-07-01", "sources": [1, 2]},
    }


def test_an_entry_is_typed_as_its_contract_is(reads: Reads) -> None:
    registered = OrganisationRegistered(
        organisation="county",
        name="County",
        sector=next(iter(Sector)),
        identifiers=(Identifier(scheme="GB-LAE", id="STS"),),
    )
    reads.learns(registered)
    (found,) = reads.of().entries(Organisation)
    assert (found.sector, found.identifiers) == (registered.sector, registered.identifiers)


def test_a_field_keeps_the_name_it_has_in_json(reads: Reads) -> None:
    fact = ReturnEstimated(
        **{"reserve": "r", "award": "a", "return_": "back", "wording": "most of", "reason": "It ended."},
        **{name: 100 for name in ReturnEstimated.__struct_fields__ if name.endswith("_pence")},
    )
    reads.learns(fact)
    (found,) = reads.of().entries(Estimate, **{"return": "back"})
    assert found.return_ == "back"
    assert msgspec.to_builtins(found)["return"] == "back"


def test_an_entry_has_its_rows_and_what_sql_computes(reads: Reads) -> None:
    reads.learns(raised("law"), raised("money"), answered("law"))
    (found,) = reads.of().entries(OpenQuestion)
    assert (found.question, found.facts) == ("money", 1)
    assert "answer" not in OpenQuestion.__struct_fields__


def test_a_row_that_does_not_fit_its_entry_is_not_shown(reads: Reads) -> None:
    reads.learns(answered("law"))
    with pytest.raises(TypeError, match=r"a row does not fit Question: Expected `str`, got `null` - at `\$\.kind`"):
        reads.of().entries(Question)


def test_a_partnership_reads_its_own_rows(reads: Reads) -> None:
    reads.learns(raised("law"), partnership="elsewhere")
    assert reads.of().entries(Question) == []
    with pytest.raises(Unknown, match="There is no question 'law' in 'area'"):
        reads.of().one(question, project="p", question="law")
    assert reads.of("elsewhere").one(question, project="p", question="law")["text"] == "May it?"


def walk(reads: Reads, *order: Any, limit: int = 2, between: Any = lambda: None) -> list[str]:
    """The questions of all pages, one after another."""
    found: list[str] = []
    page = Page(limit)
    while True:
        rows = page.rows(reads.of(), reads.of().select(question), *order)
        assert len(rows) <= limit
        found += [as_entry(Question, row).question for row in rows]
        if page.next is None:
            return found
        page = Page(limit, page.next)
        between()


def test_pages_show_each_row_once_in_order_ties_by_key_and_nulls_last(reads: Reads) -> None:
    reads.learns(
        *(raised(f"q{n}", text="Same?" if n < 4 else f"No {n}?") for n in range(7)), answered("q5"), answered("q2")
    )
    c = question.c
    assert walk(reads) == ["q0", "q1", "q2", "q3", "q4", "q5", "q6"]
    assert walk(reads, c.text.desc()) == ["q0", "q1", "q2", "q3", "q6", "q5", "q4"]
    assert walk(reads, c.answered_on, limit=1) == ["q2", "q5", "q0", "q1", "q3", "q4", "q6"]
    assert walk(reads, c.answered_on.desc(), c.question.desc(), limit=3) == ["q5", "q2", "q6", "q4", "q3", "q1", "q0"]


def test_a_query_that_joins_and_computes_is_paged_as_well(reads: Reads) -> None:
    reads.learns(OrganisationRegistered(organisation="council", name="The council", sector=next(iter(Sector))))
    reads.learns(*(raised(f"q{n}", text=f"{'ab'[n % 2]}{n}") for n in range(5)))
    its_organisation = sqlalchemy.and_(
        organisation.c.partnership == question.c.partnership, organisation.c.organisation == question.c.raised_by
    )
    statement = sqlalchemy.select(question, organisation.c.name).join_from(question, organisation, its_organisation)
    pages, page = [], Page(2)
    while True:
        rows = page.rows(reads.of(), statement, func.left(question.c.text, 1).desc(), question.c.question.asc())
        pages.append([(row["question"], row["name"]) for row in rows])
        if page.next is None:
            break
        page = Page(2, page.next)
    assert [[name for name, _ in found] for found in pages] == [["q1", "q3"], ["q0", "q2"], ["q4"]]
    assert {name for found in pages for _, name in found} == {"The council"}
    with pytest.raises(ValueError, match="ascending or descending"):
        Page().rows(reads.of(), statement, question.c.text.nulls_first())


def test_a_walk_misses_and_repeats_nothing_while_rows_are_added(reads: Reads) -> None:
    reads.learns(*(raised(f"q{n}") for n in range(0, 10, 2)))
    added = iter(["a", "q3", "q5", "z"])
    found = walk(reads, between=lambda: reads.learns(*(raised(name) for name in [next(added, None)] if name)))
    assert found == sorted(set(found))
    assert {f"q{n}" for n in range(0, 10, 2)} <= set(found)


def test_the_last_page_says_so_even_when_it_is_full(reads: Reads) -> None:
    reads.learns(raised("a"), raised("b"))
    page = Page(2)
    assert len(page.rows(reads.of(), reads.of().select(question))) == 2
    assert page.next is None


@pytest.mark.parametrize(
    "cursor", ["", "!", "nonsense", "W10", "WzFd", "WyJwIiwiYSIsImIiXQ", "WyJwIiwiXHUwMDAwIl0", "é"]
)
def test_a_cursor_that_cannot_be_read_is_refused_with_what_to_do(reads: Reads, cursor: str) -> None:
    with pytest.raises(BadRequest, match="Take it from the Link header of the page before, or leave it out"):
        Page(2, cursor).rows(reads.of(), reads.of().select(question))
