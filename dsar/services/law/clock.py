"""The clock of a ticket: recomputed on every event from stored inputs, with its explanation."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dsar.domain.clock import ClockEvent, ClockEventType, Dates, DerivationStep, derive
from dsar.domain.clock.dates import plain
from dsar.domain.clock.events import QUESTION_OF
from dsar.domain.lifecycle import Event
from dsar.services.law import regimes
from dsar.services.law.calendars import calendar_for
from dsar.services.runtime.installation import Unit
from dsar.store.tables import Ticket

#: Events of a ticket that move its dates.
MOVES = {
    Event.ASK_IDENTITY: ClockEventType.IDENTITY_REQUESTED,
    Event.CONFIRM_IDENTITY: ClockEventType.IDENTITY_RECEIVED,
    Event.ASK_CLARIFICATION: ClockEventType.CLARIFICATION_REQUESTED,
    Event.CLARIFY: ClockEventType.CLARIFICATION_RECEIVED,
    Event.ASK_FEE: ClockEventType.FEE_REQUESTED,
    Event.FEE_SETTLED: ClockEventType.FEE_PAID,
    Event.EXTEND: ClockEventType.EXTENSION_NOTIFIED,
}

#: In a ticket's clock: since when what stood in its way is gone.
REVIVED = "revived_at"

#: Where a law names no number, or while a clock stands still, work is still ranked: as if due then.
WORKING_RANK = timedelta(days=30)


def today(session: Unit) -> date:
    """The date at the controller's establishment: legal dates are local dates."""
    installation = session.installation
    return session.now().astimezone(ZoneInfo(installation.controller.timezone)).date()


def dates_of(session: Unit, ticket: Ticket, received_at: datetime) -> Dates:
    """Every date of a ticket, derived afresh from its regime, its receipt and its events."""
    controller = session.installation.controller
    regime = regimes.load(ticket.regime)
    return derive(
        regime,
        ticket.right,
        received_at=received_at,
        timezone=controller.timezone,
        calendar=calendar_for(regime, controller.country, controller.subdivision),
        events=tuple(_event(row) for row in ticket.clock_events),
    )


def wind(session: Unit, ticket: Ticket, received_at: datetime) -> Dates:
    """Recomputes a ticket's dates and stores them with their derivation."""
    revived = ticket.clock.get(REVIVED)
    dates = dates_of(session, ticket, received_at)
    ticket.regime_version = dates.regime_version
    ticket.clock = dates.as_json()
    ticket.due_on = dates.effective_due
    at_once = received_at if dates.act_at_once else received_at + WORKING_RANK
    ticket.due_at = dates.deadline_passes_at_utc or at_once
    internal = session.installation.settings.internal_days
    if dates.effective_due is not None and dates.clock_start is not None:
        target = dates.effective_due - timedelta(days=internal)
        ticket.internal_due_on = max(target, dates.clock_start)
    else:
        ticket.internal_due_on = None
    if revived:
        revive(ticket, datetime.fromisoformat(revived))
    return dates


def revive(ticket: Ticket, at: datetime) -> None:
    """A duty that a lawful obstacle had stopped is due again since `at`: at once, by no day.

    The time of Art. 12(3) was that of the answer, which named the obstacle; for the erasure itself
    the law says "without undue delay" (Art. 17(1)) and gives no figure, so neither do we. How that
    month was counted explains nothing here and is not repeated to anybody.
    """
    because = "What stood in its way has fallen; to be done without undue delay."
    step = plain(DerivationStep("Due again", f"since {at.date()}", because))
    dates = dict.fromkeys(("effective_due", "due", "due_extended", "extension_notice_by"))
    told = {"act_at_once": because, "explanation": [step], REVIVED: at.isoformat()}
    ticket.clock = {**ticket.clock, **dates, **told}
    ticket.due_on, ticket.internal_due_on, ticket.due_at = None, None, at


def note(ticket: Ticket, event: Event, *, at: datetime, length: dict[str, int]) -> bool:
    """Notes an event that moves the clock; True if it does. `length` is an extension's."""
    kind = MOVES.get(event)
    if kind is None:
        return False
    asked = QUESTION_OF.get(kind)
    if asked is not None and not any(row["type"] == asked for row in ticket.clock_events):
        return False
    row = {"type": kind.value, "at": at.isoformat(), **length}
    ticket.clock_events = [*ticket.clock_events, row]
    return True


def _event(row: dict[str, Any]) -> ClockEvent:
    return ClockEvent(
        ClockEventType(row["type"]),
        datetime.fromisoformat(row["at"]),
        months=row.get("months"),
        days=row.get("days"),
    )
