"""Gathers, under the ticket's lock, all that the lifecycle's conditions may look at."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import Session

from dsar.domain.conditions import CONDITIONS, Facts
from dsar.domain.coverage import UNPROVEN, Outcome, asked, found_anybody
from dsar.domain.lifecycle import ENDS
from dsar.domain.regimes import grounds
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.law.clock import today
from dsar.services.letters.reason_words import doubted
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.services.runtime.seals import details_of
from dsar.services.ticket.owed_tasks import SCOPE
from dsar.store.coverage import lines
from dsar.store.tables import CoverageLine, Ticket
from dsar.store.tickets import identifiers, siblings

#: Conditions that look at the coverage ledger.
_OF_LINES = frozenset(
    {
        "some_asked",
        "somebody_found",
        "nobody_found",
        "all_closed",
        "all_proven",
        "not_all_proven",
    }
)


def facts_of(
    session: Unit, ticket: Ticket, because: Because, *, needs: Collection[str] | None = None
) -> Facts:
    """What is true of a ticket right now; with `needs`, only what those conditions look at."""
    wanted = frozenset(CONDITIONS) if needs is None else frozenset(needs)
    found = lines(session, ticket.id) if wanted & _OF_LINES else ()
    named = identifiers(session, ticket.request_id) if "identified" in wanted else ()
    notice = ticket.clock.get("extension_notice_by")
    return Facts(
        right=ticket.right,
        today=today(session),
        identifiers=len(named),
        waits_for=waits_for(session, ticket) if "its_turn" in wanted else (),
        found_anybody=found_anybody(found) or _supplements(session, ticket, wanted),
        some_asked=any(asked(row.outcome, row.searched_at) for row in found),
        open_lines=_titles(found, {Outcome.OPEN}),
        unproven_lines=_titles(found, UNPROVEN),
        decided=ticket.decided_at is not None,
        doubts=tuple(doubted(row) for row in ticket.doubts if row["blocks"]),
        marketing_only="may_be_refused" in wanted and marketing_only(session, ticket),
        reason=because.reason,
        ground=because.ground,
        refusal_grounds=_refusal_grounds(session, ticket),
        decision_maker=because.decided_by,
        extension_notice_by=date.fromisoformat(notice) if isinstance(notice, str) else None,
        extended=any(row["type"] == "extension_notified" for row in ticket.clock_events),
    )


def _supplements(session: Unit, ticket: Ticket, wanted: frozenset[str]) -> bool:
    """A supplement finds nothing more of somebody; that nothing is held is not its answer."""
    if not wanted & {"somebody_found", "nobody_found"}:
        return False
    return SCOPE in details_of(session, ticket)


def _refusal_grounds(session: Unit, ticket: Ticket) -> tuple[str, ...]:
    country = session.installation.controller.country
    return tuple(grounds.refusing(regimes.load(ticket.regime), ticket.right, country))


def waits_for(session: Session, ticket: Ticket) -> tuple[str, ...]:
    """The copies that must be handed over before the same request's erasure may start."""
    if not ticket.right.spec.after_copies:
        return ()
    return tuple(
        other.ref
        for other in siblings(session, ticket)
        if other.right.spec.copies and other.state not in ENDS
    )


def marketing_only(session: Unit, ticket: Ticket) -> bool:
    """Whether an objection is against marketing alone, which no balance can outweigh."""
    if ticket.right != Right.OBJECTION:
        return False
    named = details_of(session, ticket).get("purposes") or []
    activities = session.installation.policy.activities
    return bool(named) and all(name in activities and activities[name].marketing for name in named)


def _titles(found: Sequence[CoverageLine], outcomes: Collection[Outcome]) -> tuple[str, ...]:
    return tuple(row.title for row in found if row.outcome in outcomes)
