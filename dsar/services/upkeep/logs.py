"""Structured logs: JSON lines by an allow-list of keys, so that no personal data can slip in.

What another library logs keeps its template only, never what it would fill in.
"""

import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict

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


class _Foreign(logging.Handler):
    """Lines of other libraries: the template, the logger, the class of an error."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        more = {"error": error} if error else {}
        log = structlog.get_logger(record.name)
        log.log(record.levelno, str(record.msg), **more)


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
        logger_factory=lambda *_: structlog.WriteLogger(out or sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)
