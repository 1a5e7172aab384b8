"""The partners' endpoints over HTTP: events in CloudEvents binding, spreadsheets, and each organisation's own list."""

# Annotations are real here, not strings: FastAPI reads them, and the readers' dependency is made inside a function.
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from services.partners import binding, spreadsheet
from services.partners.answers import Parked, SubmissionAnswer
from services.partners.catalogue_page import catalogue_page
from services.partners.domain.rules import NotParked
from services.partners.envelope import (
    MAX_BATCH_BYTES,
    MAX_EVENT_BYTES,
    BatchTooLarge,
    EventTooLarge,
    PartnerEvent,
    read_event,
)
from services.partners.intake import Intake, IntakeResult, Offers, one_of_many
from services.partners.published import address_of, asyncapi, schemas
from services.partners.queries import only_the_clerk
from services.partners.record import Sender
from services.partners.spreadsheet import RowAnswer
from shared.runtime.endpoints import own_writes
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.problems import (
    MEDIA_TYPE,
    PROBLEM_SCHEMA,
    PROBLEMS,
    BodyTooLarge,
    openapi_response,
)
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.endpoints.requests import PathSlug, bearer, body_of, json_object, token_of
from shared.runtime.ground.problem import Problem
from shared.values.refusals import Unknown

ANSWER = {"schema": {"$ref": "#/components/schemas/SubmissionAnswer"}}
ANSWERED: dict[str, Any] = {"description": "Answered; nothing was recorded.", "content": {"application/json": ANSWER}}
ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": f"{problem['description']} A final answer to an event has this form too.",
        "content": {"application/json": ANSWER, MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
    }
    for status, problem in (PROBLEMS | {415: openapi_response("Not JSON in CloudEvents binding.")}).items()
} | {429: openapi_response("Rate limited; `Retry-After` says how long to wait.")}
DryRun = Annotated[bool, Query(alias="dry-run", description="Decide as usual, but record and keep nothing.")]

PARKED = f"/problems/{Parked.slug()}"

Publish = Callable[[Sender, IntakeResult], Awaitable[None]]
"""Publishes an answer on the subject that the partner's system listens to."""


LASTING = {"Cache-Control": "public, max-age=3600"}
"""Published documents change only with a release of the platform, and then only grow."""


def published_routes(offers: Offers) -> APIRouter:
    """Schemas, the AsyncAPI document and the catalogue: public, without a token."""
    router = APIRouter(tags=["catalogue"])
    found = schemas(offers)
    encoded = {name: msgspec.json.format(msgspec.json.encode(schema), indent=2) for name, schema in found.items()}
    index = msgspec.json.encode({name: address_of(name) for name in found})
    document = msgspec.json.format(msgspec.json.encode(asyncapi(offers)), indent=2)
    page = catalogue_page(offers)

    @router.get("/catalogue", summary="The event catalogue, for people", response_class=HTMLResponse)
    async def catalogue() -> HTMLResponse:
        return HTMLResponse(page, headers=LASTING)

    @router.get("/schemas", summary="The addresses of all schemas, by name")
    async def list_schemas() -> Response:
        return Response(index, 200, LASTING, "application/json")

    @router.get(
        "/schemas/{name}.json",
        summary="A JSON Schema (2020-12)",
        response_class=Response,
        responses={200: {"content": {"application/schema+json": {}}}, 404: openapi_response("There is no such type.")},
    )
    async def schema(name: Annotated[str, Path(max_length=255)]) -> Response:
        if name not in encoded:
            raise Unknown(f"There is no type {name!r}.", remedy="See /partners/catalogue.")
        return Response(encoded[name], 200, LASTING, "application/schema+json")

    @router.get("/asyncapi.json", summary="The messages over NATS, as AsyncAPI 3.0")
    async def asyncapi_document() -> Response:
        return Response(document, 200, LASTING, "application/json")

    return router


def routes(access: HttpAccess, intake: Intake, publish: Publish) -> APIRouter:
    """Routes for partners' systems to send events and read answers, and for clerks to deal with parked events."""
    router = APIRouter(tags=["events"], dependencies=[Depends(bearer)])
    Reader = Annotated[ReadContext, Depends(access.reading)]

    @router.post(
        "/{partnership}/{organisation}/events",
        summary="Send an event, or a batch of them",
        description="One event in structured mode (`application/cloudevents+json`) or binary mode (`ce-` headers), or a"
        " batch (`application/cloudevents-batch+json`, at most 100 events and 1 MiB), answered in the same order.",
        response_class=Response,
        responses={200: ANSWERED, 201: {**ANSWERED, "description": "Recorded."}, **ANSWERS},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    binding.STRUCTURED: {"schema": {"$ref": "#/components/schemas/PartnerEvent"}},
                    binding.BATCHED: {
                        "schema": {"type": "array", "items": {"$ref": "#/components/schemas/PartnerEvent"}}
                    },
                    "application/json": {"schema": {"type": "object"}},
                },
            },
            "x-definitions": _definitions(),
        },
    )
    async def send(
        request: Request, partnership: PathSlug, organisation: PathSlug, dry_run: DryRun = False
    ) -> Response:
        sender = await intake.sender(token_of(request), "http", partnership, organisation)
        kind = binding.media_type(request.headers.get("content-type", ""))
        # One token before the body is read; a batch gives it back and takes one for each event.
        intake.limits.take(partnership, organisation)
        body = await _body(request, kind)
        if kind != binding.BATCHED:
            return response_of(
                await intake.submit(sender, binding.one_event(kind, request.headers, body), dry_run=dry_run)
            )
        events = await to_thread.run_sync(binding.batch, body)
        intake.limits.give_back(partnership, organisation)
        intake.limits.take(partnership, organisation, number=len(events))
        answers = [await one_of_many(intake, sender, event, dry_run) for event in events]
        return Response(b"[" + b",".join(taken.encoded for taken in answers) + b"]", 200, None, "application/json")

    @router.post(
        "/{partnership}/{organisation}/events/csv",
        summary="Send a spreadsheet with one event in each row",
        description="The first row names the command's fields; `id` and `time` can be columns too. Each row gets an"
        " answer, as JSON or, with `Accept: text/csv`, in a file.",
        response_class=Response,
        responses={
            200: {
                "description": "An answer for each row.",
                "content": {
                    "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
                    "text/csv": {"schema": {"type": "string"}},
                },
            },
            **ANSWERS,
        },
        openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def send_rows(
        request: Request,
        partnership: PathSlug,
        organisation: PathSlug,
        name: Annotated[str, Query(alias="type", description="The command for every row.", max_length=255)],
        dry_run: DryRun = False,
    ) -> Response:
        sender = await intake.sender(token_of(request), "csv", partnership, organisation)
        offer = intake.offers.get(name)
        if offer is None:
            raise Unknown(f"Partners cannot send {name!r}.", remedy="See /partners/catalogue.")
        # One token before the file is read; one that can be read gives it back and takes one for each row.
        intake.limits.take(partnership, organisation)
        body = await _body(request, binding.BATCHED)
        read = partial(spreadsheet.rows, body, offer.declared, organisation, intake.submissions.digest)
        found = await to_thread.run_sync(read)
        intake.limits.give_back(partnership, organisation)
        intake.limits.take(partnership, organisation, number=len(found))
        answers = [
            RowAnswer(number, (await one_of_many(intake, sender, event, dry_run)).answer) for number, event in found
        ]
        if "text/csv" in request.headers.get("accept", "").lower():
            return Response(spreadsheet.as_csv(answers), 200, None, "text/csv; charset=utf-8")
        return Response(msgspec.json.encode(answers), 200, None, "application/json")

    @router.post(
        "/{partnership}/submissions/{submission}/retry",
        summary="Try a parked event again",
        response_class=Response,
        responses={200: ANSWERED, 201: {**ANSWERED, "description": "Recorded."}, **ANSWERS},
    )
    async def retry(request: Request, reading: Reader, partnership: PathSlug, submission: PathSlug) -> Response:
        only_the_clerk(reading.principal)
        json_object(await body_of(request))
        parked = await to_thread.run_sync(intake.submissions.parked, partnership, submission)
        if parked is None:
            raise NotParked(f"There is no parked event {submission!r} in {partnership!r}.")
        sender, content = parked
        event = read_event(content)  # what is still unreadable stays parked
        if not await to_thread.run_sync(intake.submissions.try_again, submission):
            raise NotParked(f"Someone else is trying {submission!r} again.")
        taken = await intake.submit(sender, event)
        if taken.answer.final:
            await to_thread.run_sync(intake.submissions.keep, submission, taken.answer)
        else:
            await to_thread.run_sync(intake.submissions.park, submission, content, taken.answer)
        await publish(sender, taken)
        return response_of(taken)

    return router


def response_of(taken: IntakeResult) -> Response:
    """An answer over HTTP. Its status is that of the event's result."""
    answer = taken.answer
    headers = own_writes.headers(answer.at) if answer.at else {}
    if answer.problem is not None:
        status = answer.problem.status
        if not answer.final and answer.problem.type != PARKED:  # a clerk deals with a parked event, not the sender
            headers["Retry-After"] = "1"
    else:
        status = 201 if answer.events and not answer.dry_run else 200
    return Response(taken.encoded, status, headers, "application/json")


async def _body(request: Request, kind: str) -> bytes:
    most = MAX_BATCH_BYTES if kind == binding.BATCHED else MAX_EVENT_BYTES
    try:
        return await body_of(request, most)
    except BodyTooLarge as error:
        raise (BatchTooLarge if kind == binding.BATCHED else EventTooLarge)(str(error)) from None


def _definitions() -> dict[str, Any]:
    structs = [PartnerEvent, SubmissionAnswer, Problem]
    _, found = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    return dict(found)
