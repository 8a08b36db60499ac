"""Short ways to ask for dates in the tests of the clock."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dsar.domain.calendar import Calendar
from dsar.domain.clock import ClockEvent, ClockEventType, Dates, derive
from dsar.services.law.calendars import calendar_for
from dsar.services.law.regimes import load

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def dates(
    events: list[ClockEvent] | None = None,
    *,
    regime: str = "eu_gdpr",
    right: str = "access",
    received: str | datetime = "2026-06-01T10:00:00+02:00",
    calendar: Calendar | None = None,
    timezone: str = BERLIN,
) -> Dates:
    law = load(regime)
    return derive(
        law,
        right,
        received_at=at(received) if isinstance(received, str) else received,
        timezone=timezone,
        calendar=calendar or calendar_for(law, law.country or "DE"),
        events=tuple(events or ()),
    )


def happened(kind: str, day: str, **length: int) -> ClockEvent:
    return ClockEvent(ClockEventType(kind), date.fromisoformat(day), **length)


def asked(questions: list[tuple[str, int, int]], received: datetime) -> list[ClockEvent]:
    """Turn (kind, days until asked, days until answered) into events in their order."""
    day = received.astimezone(ZoneInfo(BERLIN)).date()
    events = []
    for kind, after_receipt, until_answer in questions:
        on = day + timedelta(days=after_receipt)
        events.append(ClockEvent(ClockEventType(f"{kind}_requested"), on))
        events.append(
            ClockEvent(ClockEventType(f"{kind}_received"), on + timedelta(days=until_answer))
        )
    return sorted(events, key=lambda event: str(event.at))
