"""Logs: one line an occurrence, with service and trace, for people (plain) or machines (JSON), on standard error.

A line says what happened and names things by their identifiers: never bodies, never names of people. Lines of libraries
that write to ``logging`` come out in the same form.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import structlog
from opentelemetry.trace import format_span_id, format_trace_id, get_current_span
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

QUIET = ("httpx2", "uvicorn.access")
"""Libraries that log the address of every request, with whatever was asked for in it."""

MAX_MESSAGE_CHARACTERS = 300
"""Characters of an exception's message that are logged."""


def configure_logging(*, json: bool, level: str = "INFO", service: str = "folkmoot", to: TextIO | None = None) -> None:
    """Set up logging for the process; call it once, first thing, and start uvicorn with ``log_config=None``.

    ``service`` stands on lines that bring none of their own; a hosted service logs with
    ``structlog.get_logger(service="meetings")``. ``to``: another place than standard error.
    """

    def named(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        line.setdefault("service", service)
        return line

    stream = to or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        _traced,
        _explained,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _traced(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    span = get_current_span().get_span_context()
    if span.is_valid:
        line["trace_id"] = format_trace_id(span.trace_id)
        line["span_id"] = format_span_id(span.span_id)
    return line


def _explained(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Write out ``exc_info`` as where and what, without local variables."""
    error = line.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    elif error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        line["exception"] = "\n".join(_story(error))
    return line


def _story(error: BaseException) -> Iterator[str]:
    """The exception's causes first, as Python tells it, but of each message only the first line.

    Libraries put what they were given on the lines after it: pydantic the input, PostgreSQL the row, SQLAlchemy the
    parameters. A body could stand there.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _story(cause)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}"
    yield f"{type(error).__qualname__}: {next(iter(str(error).splitlines()), '')[:MAX_MESSAGE_CHARACTERS]}"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _story(part)
