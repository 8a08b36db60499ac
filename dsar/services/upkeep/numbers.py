"""Counts and durations of tickets by right: what a privacy officer reports, no personal data."""

from statistics import median
from typing import Any

from sqlmodel import Session, col, select

from dsar.domain.lifecycle import ENDS
from dsar.domain.rights import Right
from dsar.services.house import house_of
from dsar.store.tables import Request, Ticket


def summary(session: Session) -> list[dict[str, Any]]:
    """One row per right that was asked for: open, overdue, each outcome, median days to close."""
    now = house_of(session).store.now(session)
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
