"""Counts of tickets by right for the privacy officer, and the engine's figures for the operator.

No personal data in either: kinds, states, names of sources, numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as rows_of
from sqlmodel import SQLModel, col, select

from dsar.domain.lifecycle import ENDS
from dsar.domain.lifecycle.task_states import TaskState
from dsar.domain.rights import Right
from dsar.services.runtime.installation import Unit
from dsar.store import effects, processes, tasks
from dsar.store.counts import counted
from dsar.store.tables import Request, Ticket
from dsar.store.tasks import gates

_ticket = SQLModel.metadata.tables["ticket"]
_open = _ticket.c.closed_at.is_(None)

#: When an open ticket's deadline is at risk: days from now, the later bound included. Each ticket
#: stands in one window at most.
WINDOWS: Mapping[str, tuple[int | None, int]] = {
    "overdue": (None, 0),
    "3_days": (0, 3),
    "7_days": (3, 7),
}


def summary(session: Unit) -> list[dict[str, Any]]:
    """One row per right that was asked for: open, overdue, each outcome, median days to close."""
    now = session.now()
    rows = session.exec(
        select(Ticket, Request.received_at).join(Request, col(Request.id) == Ticket.request_id)
    ).all()
    by_right: dict[str, list[tuple[Ticket, Any]]] = {}
    for ticket, received_at in rows:
        by_right.setdefault(ticket.right, []).append((ticket, received_at))
    return [_row(right, by_right[right], now) for right in Right if right in by_right]


def _row(right: Right, rows: list[tuple[Ticket, Any]], now: Any) -> dict[str, Any]:
    ended = [(ticket, received) for ticket, received in rows if ticket.closed_at is not None]
    days = [(ticket.closed_at - received).days for ticket, received in ended if ticket.closed_at]
    return {
        "right": right.value,
        "open": len(rows) - len(ended),
        "overdue": sum(t.closed_at is None and t.due_on is not None and t.due_at <= now
                       for t, _ in rows),
        **{end.value: sum(t.state == end for t, _ in ended) for end in sorted(ENDS)},
        "median_days": median(days) if days else None,
    }  # fmt: skip


# -- the engine's figures -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How the work stands at one moment, as the database tells it.

    `tasks` by (state, kind); `oldest_due` in seconds by kind; `counts` as in `store.counts`;
    `deadlines` by window; `sources` says of each gate whether it is closed; `processes` by kind.
    """

    tasks: Mapping[tuple[str, str], int]
    oldest_due: Mapping[str, float]
    counts: Mapping[str, int]
    unknown_effects: int
    deadlines: Mapping[str, int]
    sources: Mapping[str, bool]
    processes: Mapping[str, int]


def figures(session: Unit) -> Figures:
    """Read in seven short statements, none of which looks at tickets that are closed."""
    heaps = tasks.heaps(session)
    now = session.now()
    return Figures(
        tasks={(row.state, row.kind): row.number for row in heaps},
        oldest_due={
            row.kind: max((now - row.due).total_seconds(), 0.0)
            for row in heaps
            if row.state == TaskState.READY
        },
        counts=counted(session),
        unknown_effects=effects.unknown(session),
        deadlines=_deadlines(session),
        sources=gates.closed(session, session.installation.store),
        processes=_processes(session),
    )


def _deadlines(session: Unit) -> Mapping[str, int]:
    now = session.now()
    due = _ticket.c.due_at
    after = {name: now + timedelta(days=days) for name, (_, days) in WINDOWS.items()}
    counts = [
        func.count()
        .filter(due <= until, *([] if start is None else [due > now + timedelta(days=start)]))
        .label(name)
        for (name, (start, _)), until in zip(WINDOWS.items(), after.values(), strict=True)
    ]
    at_risk = _open & _ticket.c.due_on.is_not(None) & (due <= max(after.values()))
    return dict(session.execute(rows_of(*counts).where(at_risk)).mappings().one())


def _processes(session: Unit) -> Mapping[str, int]:
    kinds = [row.kind for row in processes.alive(session, session.installation.store)]
    return {kind: kinds.count(kind) for kind in ("web", "worker", "scheduler", "embedded")}
