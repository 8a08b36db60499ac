"""The ledger of effects: an intent before each change outside, a receipt after it."""

from enum import StrEnum

from sqlalchemy import and_, func, select, update
from sqlmodel import Session, col

from dsar.store.engine import Store, StoreSession
from dsar.store.row_states import EffectState
from dsar.store.tables import Effect, Task, Ticket
from dsar.store.tasks import Lease, TaskState, renew


class EffectBefore(StrEnum):
    """How an effect stood when this attempt came to it."""

    NEW = "new"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


def intend(
    session: StoreSession, store: Store, lease: Lease, key: str, *, number: int, sheet: str
) -> EffectBefore:
    """Renews the lease under its fence and writes the intent; says what is known of it.

    Raises LeaseLost when another worker has taken the task: nothing may be done then.
    """
    renew(session, store, lease)
    known = session.get(Effect, key, populate_existing=True)
    if known is None:
        session.add(
            Effect(
                idem_key=key,
                ticket_id=lease.ticket_id,
                task_id=lease.task_id,
                source=lease.source,
                number=number,
                fence=lease.fence,
                manifest=sheet,
                state=EffectState.INTENT,
                at=session.now(),
            )
        )
        return EffectBefore.NEW
    if known.state is EffectState.DONE:
        return EffectBefore.DONE
    before = EffectBefore.FAILED if known.state is EffectState.FAILED else EffectBefore.UNKNOWN
    known.state, known.fence = EffectState.INTENT, lease.fence
    session.add(known)
    return before


def settle_effect(session: StoreSession, lease: Lease, key: str, *, failed: bool) -> None:
    """Writes what came of an intent."""
    session.execute(
        update(Effect)
        .where(col(Effect.idem_key) == key, col(Effect.fence) == lease.fence)
        .values(state=EffectState.FAILED if failed else EffectState.DONE, done_at=session.now())
    )


def unsettled(session: Session, *, ticket_id: str, source: str) -> bool:
    """Whether something was begun in a source of which nobody knows what came of it."""
    mine = (col(Effect.ticket_id) == ticket_id, col(Effect.source) == source)
    begun = (
        select(col(Effect.idem_key)).where(*mine, col(Effect.state) == EffectState.INTENT).limit(1)
    )
    return session.execute(begun).first() is not None


def unknown(session: Session) -> int:
    """How many changes of open tickets were begun under a lease that is over, without a receipt."""
    under_way = and_(col(Task.state) == TaskState.LEASED, col(Task.fence) == col(Effect.fence))
    begun = (
        select(func.count())
        .select_from(Effect)
        .join(Ticket, col(Ticket.id) == col(Effect.ticket_id))
        .join(Task, col(Task.id) == col(Effect.task_id))
        .where(col(Ticket.closed_at).is_(None), col(Effect.state) == EffectState.INTENT, ~under_way)
    )
    number: int = session.execute(begun).scalar_one()
    return number
