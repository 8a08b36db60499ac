"""What follows by itself from where a ticket stands: joins, and what settings leave to the engine.

Decided by counting rows while the ticket's row is locked; counting without the lock loses joins.
"""

from collections.abc import Callable

from sqlmodel import Session

from dsar.domain.conditions import unmet
from dsar.domain.lifecycle import Event, State, TaskKind
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.ticket.facts import facts_of, marketing_only, waits_for
from dsar.store import coverage, tasks
from dsar.store.tables import Ticket


def following(session: Unit, ticket: Ticket) -> Event | None:
    """The event that must happen now without anybody's hand, or None."""
    rule = _RULES.get(ticket.state)
    return rule(session, ticket) if rule is not None else None


def _accept(session: Unit, _ticket: Ticket) -> Event | None:
    return Event.ACCEPT if session.installation.settings.review.accept == "auto" else None


def _start(session: Session, ticket: Ticket) -> Event | None:
    return None if waits_for(session, ticket) else Event.START


def _joined(kind: TaskKind) -> Callable[[Unit, Ticket], Event | None]:
    """All tasks of a kind have ended: well, or some of them stuck with a reason."""

    def rule(session: Session, ticket: Ticket) -> Event | None:
        counts = tasks.by_state(session, ticket.id, kind)
        if counts.keys() & tasks.COMING:
            return None
        return kind.spec.failed if counts.keys() & tasks.STUCK else kind.spec.done

    return rule


def _searched(session: Unit, ticket: Ticket) -> Event | None:
    """No answer follows by itself where nobody was found: it may be for want of an identifier.

    A supplement asks for the rest of somebody's answer: there nothing is an answer too.
    """
    event = _joined(TaskKind.SEARCH)(session, ticket)
    if event is not Event.SOURCES_ANSWERED:
        return event
    needs = ("some_asked", "somebody_found", "all_proven")
    facts = facts_of(session, ticket, Because(), needs=needs)
    nobody = unmet(("somebody_found",), facts) and not facts.unproven_lines
    return Event.NOBODY_FOUND if unmet(("some_asked",), facts) or nobody else event


def _checked(session: Unit, ticket: Ticket) -> Event | None:
    event = _joined(TaskKind.LOOK_AGAIN)(session, ticket)
    left = coverage.residues(session, ticket.id)
    return Event.RESIDUE_FOUND if event is Event.CHECKED and left else event


def _approve(session: Unit, ticket: Ticket) -> Event | None:
    """The engine approves only what settings leave to it and nobody has to look at."""
    if ticket.decided_at is None or ticket.doubts:
        return None
    rule = getattr(session.installation.settings.review, ticket.right)
    return Event.APPROVE if rule == "auto" or marketing_only(session, ticket) else None


def _deliver(session: Unit, ticket: Ticket) -> Event | None:
    if session.installation.settings.review.release != "auto":
        return None
    needs = ("some_asked", "somebody_found", "all_closed", "all_proven")
    facts = facts_of(session, ticket, Because(), needs=needs)
    if unmet(("some_asked", "all_closed"), facts):
        return None
    if unmet(("all_proven",), facts):
        return Event.DELIVER_PART
    return Event.DELIVER_NOTHING if unmet(("somebody_found",), facts) else Event.DELIVER


_RULES: dict[State, Callable[[Unit, Ticket], Event | None]] = {
    **{kind.spec.joined_in: _joined(kind) for kind in TaskKind if kind.spec.joined_in},
    State.VERIFIED: _accept,
    State.ACCEPTED: _start,
    State.COLLECTING: _searched,
    State.IN_REVIEW: _approve,
    State.CHECKING: _checked,
    State.READY: _deliver,
}
