"""Legal holds: while one is in force nothing of the person is erased (Art. 17(3)(e))."""

from typing import Any

from sqlmodel import Session, col, select

from dsar.domain.errors import BadInput, NotFound
from dsar.domain.identity import normal
from dsar.services.house import house_of
from dsar.store.tables import Hold

_LONGEST = 500


def place(session: Session, by: str, *, kind: str, value: str, reason: str) -> Hold:
    """Puts a hold on whoever has this identifier."""
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say which claim the data is needed for.")
    if len(reason) > _LONGEST:
        raise BadInput("reason", "is too long.", f"Say it in {_LONGEST} characters.")
    house = house_of(session)
    hold = Hold(
        kind=kind,
        blind=house.vault.blind(kind, normal(kind, value)),
        reason=reason,
        by=by,
        at=house.store.now(session),
    )
    session.add(hold)
    return hold


def lift(session: Session, hold_id: str) -> Hold:
    """Ends a hold."""
    hold = session.get(Hold, hold_id)
    if hold is None or hold.lifted_at is not None:
        message = f"No hold {hold_id} is in force; `dsar hold list` shows all."
        raise NotFound(message)
    hold.lifted_at = house_of(session).store.now(session)
    session.add(hold)
    return hold


def in_force(session: Session) -> list[dict[str, Any]]:
    """Every hold in force; whom it concerns is kept as a keyed hash only."""
    rows = session.exec(select(Hold).where(col(Hold.lifted_at).is_(None)).order_by(col(Hold.at)))
    names = ("id", "kind", "reason", "by")
    return [{name: getattr(row, name) for name in names} for row in rows]
