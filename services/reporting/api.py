"""Reporting's HTTP routes: Cabinet updates and editions, the scrutiny view, the events behind them, and the lag."""

# Annotations are real here, not strings: FastAPI reads them, and the readers' dependency is made inside a function.
import base64
import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from anyio import from_thread, to_thread
from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response

from services.reporting import issue
from services.reporting.archive import Prove, archive
from services.reporting.history import Period, position_followed, snapshot, source_where
from services.reporting.issuing import Issuing
from services.reporting.ledger import LedgerSize
from services.reporting.pages import SourceEvent, dossier_page, event_page, report_page, source_event
from services.reporting.parts.subject import DossierKind
from services.reporting.reports.make import NamesOfPeople, cabinet_update, dossier, scrutiny_view
from services.reporting.reports.published import Report
from shared.runtime.endpoints import own_writes
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.queries import Queries
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.endpoints.requests import Day, PathSlug, body_of, idempotency_key, json_object
from shared.runtime.following.follower import LEDGER, NotReached
from shared.runtime.ground.clock import Clock, NewId, now
from shared.runtime.ground.clock import new_id as random_id
from shared.values.periods import FinancialYear, day_of
from shared.values.refusals import Forbidden, Unknown
from shared.values.roles import Role
from shared.values.rules import a_period_ends_no_earlier_than_it_starts

MAY_READ_NAMES = frozenset({Role.CLERK, Role.CHAIR, Role.MEMBER, Role.SCRUTINY, Role.AUDITOR})
"""The roles that see people's names in the scrutiny view. Other roles see posts."""

HTML = "text/html; charset=utf-8"
JSON = "application/json"
ZIP = "application/zip"
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}
"""A page contains its own style and needs nothing else. Text that people wrote cannot fetch or run anything."""

EventId = Annotated[str, Path(pattern=r"^[0-9A-Za-z._:-]{1,128}$", description="The event's id.")]
Position = Annotated[int, Path(ge=0, le=2**62, description="A position in the ledger, from 0.")]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="The number of the edition, from 1.")]


class FollowedPosition(msgspec.Struct, frozen=True):
    """How far reporting has followed the ledger."""

    followed: int
    """The number of events it has read."""
    ledger_size: int
    """The number of events in the ledger."""
    behind: int


def shows(kind: type) -> dict[str, Any]:
    """What OpenAPI says of an endpoint that answers with JSON, or with a page where that is asked for."""
    (schema,), definitions = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    content = {JSON: {"schema": schema}, "text/html": {"schema": {"type": "string"}}}
    return {
        "responses": {200: {"description": "As JSON, or as a page.", "content": content}},
        "openapi_extra": {"x-definitions": definitions},
    }


def wants_page(request: Request, accept: Annotated[str, Header(description="text/html for a page.")] = JSON) -> bool:
    """Whether a page is requested, by the path's ending or else by ``Accept``."""
    ending = request.url.path.rpartition(".")[2]
    asked = accept.lower()
    return ending == "html" if ending in ("html", "json") else "text/html" in asked and JSON not in asked


AsPage = Annotated[bool, Depends(wants_page)]
Endpoint = Callable[..., Response]


def get(router: APIRouter, path: str, kind: type, summary: str) -> Callable[[Endpoint], Endpoint]:
    """Declare an endpoint under three paths: ``.html`` for the page, ``.json``, and as ``Accept`` asks."""

    def declare(endpoint: Endpoint) -> Endpoint:
        for ending, said in ((".html", ", as a page"), (".json", ", as JSON"), ("", "")):
            router.add_api_route(
                path + ending, endpoint, summary=summary + said, response_class=Response, **shows(kind)
            )
        return endpoint

    return declare


ISSUE_SCHEMA = msgspec.json.schema_components([issue.IssueUpdate])[1]["IssueUpdate"]
A_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "An archive.", "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}


def routes(
    access: HttpAccess,
    names: NamesOfPeople,
    ledger_size: LedgerSize,
    prove: Prove,
    issuing: Issuing,
    clock: Clock = now,
    new_id: NewId = random_id,
    patience: float = own_writes.WAIT_TIMEOUT_S,
) -> APIRouter:
    """All routes. ``names`` is called in a worker thread; ``patience`` is how long issuing waits for a lag to end."""
    router = APIRouter(tags=["reports"])
    router.include_router(issue.queries.routes(access))
    Reader = Annotated[ReadContext, Depends(access.reading)]

    @get(router, "/{partnership}/updates/{update}", Report, "The update as it is now")
    def update(reading: Reader, update: PathSlug, as_page: AsPage) -> Response:
        with snapshot(reading.engine) as connection:
            return _report(cabinet_update(connection, reading.partnership, update), as_page=as_page)

    @router.post(
        "/{partnership}/updates/{update}/issue",
        summary="Issue the update as its next edition, which is kept permanently",
        description="Roles: clerk. Meetings records that the update is issued; from then on it is neither changed nor"
        " withdrawn. Refused while reporting lags behind the ledger, and while an area of interest has no"
        " answer, unless `not_yet_answered` names it.",
        status_code=201,
        response_class=Response,
        responses={
            201: {"description": "Issued.", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Report"}}}}
        },
        openapi_extra={"requestBody": {"content": {JSON: {"schema": ISSUE_SCHEMA}}}},
    )
    async def issue_update(
        request: Request,
        reading: Reader,
        update: PathSlug,
        key: Annotated[str | None, Depends(idempotency_key)],
    ) -> Response:
        if Role.CLERK not in reading.principal.roles:
            raise Forbidden("Only a clerk may issue a report.")
        wanted = issue.read_request(json_object(await body_of(request)))
        size = await ledger_size()
        with contextlib.suppress(NotReached):  # ask() refuses, and says how far reporting lags
            await access.follower.wait_for({LEDGER: size}, patience)

        principal = reading.principal
        asked = issue.AskedIssue(
            reading.partnership, update, key or new_id(), principal.subject, principal.actor, issued_at=clock()
        )
        issued = await issuing.issue(asked, size, wanted.not_yet_answered)
        at = f"{LEDGER}={issued.edition.ledger_position}"
        access.own_writes.remember(principal, at)
        headers = {"Location": f"editions/{issued.edition.edition}", **own_writes.headers(at)}
        return _bytes(issued.json, JSON, issued.edition, 201, headers)

    @get(router, "/{partnership}/updates/{update}/editions/{edition}", Report, "An issued report, byte for byte")
    def edition(reading: Reader, update: PathSlug, edition: Number, as_page: AsPage) -> Response:
        with reading.engine.connect() as connection:
            found = issue.edition_of(connection, reading.partnership, update, edition)
        return _bytes(found.html if as_page else found.json, HTML if as_page else JSON, found.edition)

    Since = Annotated[Day | None, Query(description="Only what happened after this day. Default: in until's year.")]
    Until = Annotated[Day | None, Query(description="The last day. Default: today.")]
    AsAt = Annotated[Day | None, Query(description="The day for money, actions and deferrals. Default: until.")]

    @get(router, "/{partnership}/scrutiny", Report, "The scrutiny view")
    def scrutiny(
        reading: Reader, as_page: AsPage, since: Since = None, until: Until = None, as_at: AsAt = None
    ) -> Response:
        until = until or day_of(clock())
        since = since or FinancialYear.of(until).first_day - dt.timedelta(days=1)
        a_period_ends_no_earlier_than_it_starts(since, until, field="query.since")
        may = names if reading.principal.roles & MAY_READ_NAMES else None
        with snapshot(reading.engine) as connection:
            view = scrutiny_view(connection, reading.partnership, Period(since, until), as_at or until, may)
        return _report(view, as_page=as_page)

    @router.get(
        "/{partnership}/dossiers/{kind}/{slug}.zip",
        summary="The trail of one decision, request or project, with its events and their proofs",
        description="An archive that anyone can check without an account: unpack it and run `python3 verify.py`.",
        responses=A_ZIP,
        response_class=Response,
    )
    async def dossier_archive(reading: Reader, kind: DossierKind, slug: PathSlug) -> Response:
        def told() -> Report:
            with snapshot(reading.engine) as connection:
                return dossier(connection, reading.partnership, kind, slug, day_of(clock()))

        report = await to_thread.run_sync(told)
        proven = await prove([event.position for event in report.events])
        title = f"{report.occasion}: {report.title}"
        body = await to_thread.run_sync(lambda: archive(title, dossier_page(report, kind.value), proven))
        headers = {
            "Content-Disposition": f'attachment; filename="{reading.partnership}-{kind.value}-{slug}.zip"',
            "Folkmoot-At": f"{LEDGER}={report.ledger_position}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(body, 200, headers, ZIP)

    def event_where(reading: ReadContext, as_page: bool, **where: Any) -> Response:
        with reading.engine.connect() as connection:
            found = source_where(connection, reading.partnership, **where)
        if found is None:
            ((by, value),) = where.items()
            raise Unknown(f"Reporting has no event of {reading.partnership!r} with the {by} {value!r}.")
        event = source_event(found)
        body = event_page(event) if as_page else msgspec.json.encode(event)
        return Response(body, 200, PAGE_HEADERS, HTML if as_page else JSON)

    @router.get("/{partnership}/events/{event_id}", summary="The event behind a statement", **shows(SourceEvent))
    def event(reading: Reader, event_id: EventId, as_page: AsPage) -> Response:
        return event_where(reading, as_page, event_id=event_id)

    @router.get(
        "/{partnership}/positions/{position}", summary="The event at a position of the ledger", **shows(SourceEvent)
    )
    def event_at(reading: Reader, position: Position, as_page: AsPage) -> Response:
        return event_where(reading, as_page, position=position)

    queries = Queries()

    @queries.gets("/position")
    def position(reading: ReadContext) -> FollowedPosition:
        """How far reporting has followed the ledger."""
        size = from_thread.run(ledger_size)
        with reading.engine.connect() as connection:
            followed = position_followed(connection)
        return FollowedPosition(followed, max(size, followed), max(0, size - followed))

    router.include_router(queries.routes(access))
    return router


def _report(report: Report, *, as_page: bool) -> Response:
    headers = {**PAGE_HEADERS, "Folkmoot-At": f"{LEDGER}={report.ledger_position}"}
    if as_page:
        return Response(report_page(report), 200, headers, HTML)
    return Response(msgspec.json.encode(report), 200, headers, JSON)


def _bytes(
    body: bytes, media_type: str, edition: issue.Edition, status: int = 200, more: dict[str, str] | None = None
) -> Response:
    digest = hashlib.sha256(body).digest()
    headers = {
        **PAGE_HEADERS,
        "ETag": f'"{digest.hex()}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "Folkmoot-At": f"{LEDGER}={edition.ledger_position}",
        **(more or {}),
    }
    return Response(body, status, headers, media_type)
