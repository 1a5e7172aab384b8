"""Logs: one line for each occurrence, with service and trace, on standard error, as plain text or as JSON.

A line says what happened and names things by their identifiers. It never contains bodies or names of people. Lines from
libraries that use ``logging`` have the same form.
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
"""Libraries that log the address of every request, including its query."""

MAX_MESSAGE_CHARACTERS = 300
"""The most characters of an exception's message in the log."""


def configure_logging(*, json: bool, level: str = "INFO", service: str = "folkmoot", to: TextIO | None = None) -> None:
    """Set up logging for the process. Call it once, before anything else, and start uvicorn with ``log_config=None``.

    ``service`` is used for lines without a service of their own; a hosted service logs with
    ``structlog.get_logger(service="meetings")``. ``to``: a stream instead of standard error.
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
    """Write out ``exc_info`` as places and messages, without local variables."""
    error = line.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    elif error is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        line["exception"] = "\n".join(_story(error))
    return line


def _story(error: BaseException) -> Iterator[str]:
    """The exception with its causes first, as Python prints it, but with only the first line of each message.

    Libraries put their input on the lines after it: pydantic the value, PostgreSQL the row, SQLAlchemy the parameters.
    That could be a body.
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
