"""Queries of a service, declared once with their routes, parameters, paging and OpenAPI entries.

A noun's ``view.py`` declares its entries (``shared.runtime.following.entries``) and how to ask for them::

    queries = Queries()

    open_questions = queries.lists(
        "/questions",
        OpenQuestion,
        summary="The partnership's open questions, the oldest first",
        order=(views.question.c.raised_on,),
        filters=("project", "kind"),
    )

    @queries.gets("/groups/{group}/roster")
    def roster(reading: ReadContext, group: GroupSlug, as_at: Day | None = None) -> BoardRoster:
        \"\"\"A group's roster as at any date.\"\"\"

    @queries.gets("/priorities")
    def delivery_plan(reading: ReadContext, page: Page) -> list[PlannedPriority]:
        \"\"\"The priorities with their objectives, by title.\"\"\"
        rows = page.rows(reading, reading.select(views.priority), views.priority.c.title)

and its composition root says ``routes=queries.routes``. Paths are below ``/{partnership}``. A function may ask for
``page: Page``, ``access: HttpAccess`` and ``response: Response`` (for headers). What a path names, and every other
parameter, is converted to its contract type by msgspec, as a command's fields are; the answer is encoded by msgspec and
documented by its schema. A list is a JSON list; where there is more, the ``Link`` header leads to the next page
(RFC 8288).
"""

# Annotations are not postponed here: FastAPI could not find ``access.reading``, which is local, by its name.

import datetime as dt
import enum
import inspect
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import ColumnElement, Table

from shared.contracts.misfit import explain
from shared.runtime.endpoints.access import HttpAccess
from shared.runtime.endpoints.paging import After, Limit, Page
from shared.runtime.endpoints.problems import invalid_parameter
from shared.runtime.endpoints.problems import response as problem_response
from shared.runtime.endpoints.reading import ReadContext
from shared.runtime.endpoints.requests import sensible
from shared.runtime.following.columns import kind_of, or_null
from shared.runtime.following.entries import as_entry, source_of

Parameter = tuple[str, Any, Any]
"""Name, contract type, and default."""
PAGING: list[Parameter] = [("limit", Limit, Page.limit), ("after", After | None, None)]
SET_ASIDE = "Folkmoot-Set-Aside"
ANSWER_HEADERS = {
    "Folkmoot-At": {"description": "The views' position in the ledger: `ledger=17`.", "schema": {"type": "string"}},
    SET_ASIDE: {
        "description": "How many entries of this partnership the service could not take (`/set-aside`); else left out.",
        "schema": {"type": "integer"},
    },
    "Link": {"description": "The next page, with `rel=next`, if there is more.", "schema": {"type": "string"}},
}


class _BadParameter(ValueError):
    """A parameter that does not fit, by name."""

    def __init__(self, detail: str, field: str) -> None:
        super().__init__(detail)
        self.field = field


@dataclass(frozen=True)
class _Query:
    """A query with its route."""

    path: str
    """Below ``/{partnership}``; ``{name}`` names parameters."""
    name: str
    description: str
    """Its first line is the summary."""
    ask: Callable[..., Any]
    """Takes a ``ReadContext``, the parameters by their names, and the arguments in ``wants``."""
    answer: Any
    parameters: type[msgspec.Struct]
    wants: Collection[str]
    """Of ``page`` (it is a list that is paged), ``access`` (it needs what the service is given) and ``response``."""

    @property
    def path_parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def given(self, request: Request) -> dict[str, Any]:
        """The typed values of a request's parameters. Raises ``_BadParameter``."""
        sent = {name: request.path_params[name] for name in self.path_parameters}
        names = self.parameters.__struct_encode_fields__
        for name, value in request.query_params.items():
            if name not in names or name in sent:
                known = ", ".join(known for known in names if known not in sent)
                raise _BadParameter(f"There is no such parameter here. These are: {known or 'none'}.", name[:80])
            sent[name] = value
        try:
            found = msgspec.structs.asdict(msgspec.convert(sent, self.parameters, strict=False))
        except msgspec.ValidationError as error:
            detail, _, field = str(explain(error, self.parameters)).partition(" - at `$.")
            raise _BadParameter(detail, field.rstrip("`")) from None
        for name, value in found.items():
            if isinstance(value, dt.date):
                try:
                    sensible(value)
                except ValueError as error:
                    raise _BadParameter(str(error), name) from None
        return found


class Queries:
    """All queries of one service."""

    def __init__(self) -> None:
        self._queries: list[_Query] = []

    def gets[**P, A](self, path: str) -> Callable[[Callable[P, A]], Callable[P, A]]:
        """Declare a function as a query. Its docstring is the description; the first line is the summary."""

        def declare(function: Callable[P, A]) -> Callable[P, A]:
            hints = get_type_hints(function, include_extras=True)
            answer = hints.pop("return")
            own = [
                (name, hints[name], msgspec.NODEFAULT if part.default is part.empty else part.default)
                for name, part in inspect.signature(function).parameters.items()
                if hints[name] not in (ReadContext, Page, HttpAccess, Response)
            ]
            wants = {"page", "access", "response"} & hints.keys()
            self._add(path, function.__name__, function.__doc__ or "", function, answer, own, wants)
            return function

        return declare

    def lists[E](
        self,
        path: str,
        kind: type[E],
        *,
        summary: str,
        order: Collection[ColumnElement[Any]] = (),
        filters: Collection[str] = (),
        within: Table | None = None,
    ) -> Callable[..., list[E]]:
        """Declare a list of entries that needs only their table, and return the function that answers it.

        Path parameters and ``filters`` are columns; filters are optional. ``within`` is the table of the thing in the
        path: if it is not there, the answer is 404. Rows are sorted by ``order``, then by key.
        """
        table, _ = source_of(kind)
        named = re.findall(r"{(\w+)}", path)

        def ask(reading: ReadContext, page: Page, **given: Any) -> list[E]:
            if within is not None:
                reading.one(within, **{name: given[name] for name in named})
            wanted = {name: _plain(value) for name, value in given.items() if value is not None}
            return [as_entry(kind, row) for row in page.rows(reading, reading.select(kind, **wanted), *order)]

        own: list[Parameter] = [(name, kind_of(table.c[name]), msgspec.NODEFAULT) for name in named]
        own += [(name, or_null(kind_of(table.c[name])), None) for name in filters]
        description = f"{summary}\n\n{inspect.cleandoc(kind.__doc__ or '')}"
        # mypy does not accept a type made at run time.
        answer = list[kind]  # type: ignore[valid-type]
        self._add(path, f"list_{kind.__name__}", description, ask, answer, own, {"page"})
        return ask

    def _add(
        self,
        path: str,
        name: str,
        description: str,
        ask: Callable[..., Any],
        answer: Any,
        own: list[Parameter],
        wants: Collection[str],
    ) -> None:
        parameters = msgspec.defstruct(name, [*own, *(PAGING if "page" in wants else [])], kw_only=True)
        description = inspect.cleandoc(description)
        self._queries.append(_Query(path, name, description, ask, answer, parameters, wants))

    def routes(self, access: HttpAccess) -> APIRouter:
        """A GET route for each query."""
        router = APIRouter(tags=["queries"])
        for query in self._queries:
            _add_route(router, access, query)
        return router


def _add_route(router: APIRouter, access: HttpAccess, query: _Query) -> None:
    def take(
        request: Request, response: Response, reading: Annotated[ReadContext, Depends(access.reading)]
    ) -> Response:
        try:
            given = query.given(request)
        except _BadParameter as error:
            return problem_response(invalid_parameter(str(error), error.field))
        page = Page(given.pop("limit", Page.limit), given.pop("after", None))
        offered = {"page": page, "access": access, "response": response}
        answer = query.ask(reading, **given, **{name: offered[name] for name in query.wants})
        headers = dict(response.headers)
        if page.next is not None:
            following = urlencode({**request.query_params, "after": page.next})
            headers["Link"] = f'<{request.url.path}?{following}>; rel="next"'
        return Response(msgspec.json.encode(answer), 200, headers, "application/json")

    (schema, _), definitions = msgspec.json.schema_components(
        [query.answer, query.parameters], ref_template="#/components/schemas/{name}"
    )
    parameters = definitions.pop(query.name)
    content = {"application/json": {"schema": schema}}
    router.add_api_route(
        f"/{{partnership}}{query.path}",
        take,
        methods=["GET"],
        name=query.name,
        summary=query.description.partition("\n")[0].rstrip("."),
        description=query.description,
        response_class=Response,
        responses={200: {"description": "What is recorded.", "content": content, "headers": ANSWER_HEADERS}},
        openapi_extra={
            "parameters": [
                {
                    "name": name,
                    "in": "path" if name in query.path_parameters else "query",
                    "required": name in parameters.get("required", ()),
                    "schema": _without_null(found),
                }
                for name, found in parameters["properties"].items()
            ],
            "x-definitions": definitions,
        },
    )


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The type of a parameter's value without null: a null parameter is left out."""
    rest = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    return rest[0] if len(rest) == 1 else schema


def _plain(value: Any) -> Any:
    """The value in the form that the database compares."""
    return value.value if isinstance(value, enum.Enum) else value
