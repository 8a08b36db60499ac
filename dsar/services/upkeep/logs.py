"""Structured logs: JSON lines by an allow-list of keys, so that no personal data can slip in.

What another library logs keeps its template only, never what it would fill in.
"""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO
from uuid import uuid4

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars
from structlog.typing import EventDict

from dsar.store.tasks import Lease

_HEX = re.compile(r"[0-9a-f]{32}")
_REFERENCE = re.compile(r"R(?:-[A-Z0-9]{5}){2}-\d{1,3}")

#: The keys a log line may have. Ids, names of ours, counts, times and classes of errors: nothing
#: that came from a person or a source.
KEYS = frozenset(
    {
        "alert",
        "attempts",
        "day",
        "count",
        "error",
        "event",
        "fence",
        "job",
        "kind",
        "level",
        "logger",
        "mend",
        "pid",
        "process",
        "processes",
        "queue",
        "request",
        "seconds",
        "source",
        "status",
        "task",
        "threads",
        "ticket",
        "time",
        "trace",
        "what",
        "where",
    }
)


def allowed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Drops every key that is not on the list and says which, for whoever wrote the line."""
    dropped = sorted(set(event) - KEYS)
    kept = {key: value for key, value in event.items() if key in KEYS}
    return {**kept, "dropped": dropped} if dropped else kept


def follow_request(given: str, path: str) -> str:
    """Every line of this web request from here on carries its trace, which is returned.

    `given` is what the asker sent as X-Request-Id: taken if it is a UUID, with or without hyphens,
    and nothing else, for it is written down. A ticket whose reference stands in the path is named.
    """
    plain = given.lower().replace("-", "")
    trace = plain if _HEX.fullmatch(plain) else uuid4().hex
    clear_contextvars()
    bind_contextvars(trace=trace)
    named = next((part for part in path.split("/") if _REFERENCE.fullmatch(part)), None)
    if named is not None:
        bind_contextvars(ticket=named)
    return trace


@contextmanager
def following(lease: Lease) -> Iterator[None]:
    """Every line written in the block, also an adapter's, says for which ticket and task it is.

    The trace is that of the web request that began the work; work nobody began by a web request is
    traced by the id of its first task. Tasks that follow take the trace over.
    """
    source = {"source": lease.source} if lease.source else {}
    trace = lease.trace or lease.task_id
    with bound_contextvars(
        ticket=lease.ref, task=lease.task_id, kind=lease.kind, trace=trace, **source
    ):
        yield


class _Foreign(logging.Handler):
    """Lines of other libraries: the template, the logger, the class of an error."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        more = {"error": error} if error else {}
        log = structlog.get_logger(record.name)
        log.log(record.levelno, str(record.msg), **more)


class _NeverFailing(structlog.WriteLogger):
    """Writes a line where that can be done: a full disk, or a reader that went away, costs lines.

    It must not cost a page, a thread or a process, whose work needs no log.
    """

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: the stream was closed
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = msg
    exception = msg


def configure(*, out: TextIO | None = None, level: int = logging.INFO) -> None:
    """Sends all logs of this process to `out` (the standard error) as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked for each line: by then another standard error may stand in the place of this one.
        logger_factory=lambda *_: _NeverFailing(out or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)
