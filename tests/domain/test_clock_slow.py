"""The engine and a slow day-by-day calculator agree, over thousands of random cases."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dsar.domain.clock import ClockEvent, ClockEventType, Dates, derive
from dsar.services.law.calendars import calendar_of
from dsar.services.law.regimes import load
from tests.domain.slow_days import (
    DAY,
    Asked,
    on_no_sunday_or_holiday,
    on_working_day,
    walk_days,
    walk_months,
    walk_with_stops,
    walk_working_days,
)

CASES = 1500
EUROPE = ["DE", "FR", "IE", "AT", "ES", "IT", "NL", "PL", "SE", "GR"]


def some_receipt(dice: random.Random) -> datetime:
    first = datetime(2026, 2, 6, tzinfo=UTC)
    return first + timedelta(minutes=dice.randrange(12 * 366 * 24 * 60))


def some_questions(dice: random.Random, received: date, latest: int = 70) -> list[Asked]:
    """Up to three questions, some overlapping, some after the last day."""
    questions = []
    for _ in range(dice.randrange(4)):
        on = received + dice.randrange(latest) * DAY
        questions.append(Asked(on, on + dice.randrange(30) * DAY))
    return questions


def told(kinds: list[str], questions: list[Asked], extras: list[ClockEvent]) -> list[ClockEvent]:
    """The same questions as clock events, oldest first; a question before its answer."""
    events = [*extras]
    for kind, question in zip(kinds, questions, strict=True):
        answer = "fee_paid" if kind == "fee" else f"{kind}_received"
        events.append(ClockEvent(ClockEventType(f"{kind}_requested"), question.on))
        events.append(ClockEvent(ClockEventType(answer), question.answered))
    return sorted(events, key=lambda event: event.at.isoformat())


def asked_of(regime: str, right: str, received: datetime, **more: object) -> Dates:
    place = str(more.pop("country"))
    zone = str(more.pop("timezone"))
    events = more.pop("events", [])
    assert isinstance(events, list)
    return derive(
        load(regime),
        right,
        received_at=received,
        timezone=zone,
        calendar=calendar_of(place, None),
        events=tuple(events),
    )


def european_case(dice: random.Random) -> None:
    received = some_receipt(dice)
    country = dice.choice(EUROPE)
    start = received.astimezone(ZoneInfo("Europe/Paris")).date()
    questions = some_questions(dice, start)[:2]
    kinds = ["identity", "clarification"][: len(questions)]
    notice = start + dice.randrange(60) * DAY
    events = told(kinds, questions, [ClockEvent(ClockEventType.EXTENSION_NOTIFIED, notice)])
    dates = asked_of(
        "eu_gdpr", "access", received, country=country, timezone="Europe/Paris", events=events
    )
    end = walk_with_stops(start, walk_months(start, 1), questions, both_days=False)
    later = walk_with_stops(start, walk_months(start, 1), questions, both_days=True)
    due = on_working_day(end, country)
    assert (dates.clock_start, dates.due) == (start, due)
    assert dates.due_latest_arguable == on_working_day(later, country)
    long = walk_with_stops(start, walk_months(start, 3), questions, both_days=False)
    extended = on_working_day(long, country) if notice <= due else None
    assert dates.due_extended == extended
    assert dates.extension_valid is (notice <= due)
    assert dates.effective_due == (dates.due_extended if notice <= due else due)
    midnight = datetime.combine(dates.effective_due + DAY, time(), ZoneInfo("Europe/Paris"))
    assert dates.deadline_passes_at_utc == midnight


def british_case(dice: random.Random) -> None:
    received = some_receipt(dice)
    start = received.astimezone(ZoneInfo("Europe/London")).date()
    questions = some_questions(dice, start, latest=25)
    kinds = dice.sample(["identity", "authority", "fee"], len(questions))
    events = told(kinds, questions, [])
    dates = asked_of(
        "uk_gdpr", "erasure", received, country="GB", timezone="Europe/London", events=events
    )
    begins = max([start, *(question.answered for question in questions)])
    due = on_working_day(walk_months(begins, 1), "GB")
    assert (dates.clock_start, dates.due) == (begins, due)
    assert dates.due_extended == on_working_day(walk_months(begins, 3), "GB")


def british_clarification_case(dice: random.Random) -> None:
    received = some_receipt(dice)
    start = received.astimezone(ZoneInfo("Europe/London")).date()
    questions = some_questions(dice, start)[:1]
    events = told(["clarification"] * len(questions), questions, [])
    dates = asked_of(
        "uk_gdpr", "access", received, country="GB", timezone="Europe/London", events=events
    )
    month = walk_months(start, 1)
    subtracted = walk_with_stops(start, month, questions, both_days=False)
    statute = walk_with_stops(start, month, questions, both_days=True)
    assert dates.due == dates.extension_notice_by == on_working_day(subtracted, "GB")
    assert dates.due_latest_arguable == on_working_day(statute, "GB")


def new_zealand_case(dice: random.Random) -> None:
    received = some_receipt(dice)
    start = received.astimezone(ZoneInfo("Pacific/Auckland")).date()
    days = dice.randrange(1, 90)
    notice = start + dice.randrange(50) * DAY
    extension = ClockEvent(ClockEventType.EXTENSION_NOTIFIED, notice, days=days)
    dates = asked_of(
        "nz_privacy",
        "access",
        received,
        country="NZ",
        timezone="Pacific/Auckland",
        events=[extension],
    )
    due = walk_working_days(start, 20, "NZ", summer_break=True)
    assert dates.due == due
    assert dates.effective_due == (walk_days(due, days) if notice <= due else due)


def californian_case(dice: random.Random) -> None:
    received = some_receipt(dice)
    start = received.astimezone(ZoneInfo("America/Los_Angeles")).date()
    place = {"country": "US", "timezone": "America/Los_Angeles"}
    dates = asked_of("us_ca_ccpa", "access", received, **place)
    assert dates.ack_by == walk_working_days(start, 10, "US", summer_break=False)
    assert (dates.due, dates.due_extended) == (walk_days(start, 45), walk_days(start, 90))
    assert dates.due_latest_arguable == on_working_day(walk_days(start, 45), "US")
    opted_out = asked_of("us_ca_ccpa", "opt_out", received, **place)
    assert opted_out.due == walk_working_days(start, 15, "US", summer_break=False)


def south_african_case(dice: random.Random) -> None:
    received = some_receipt(dice)
    start = received.astimezone(ZoneInfo("Africa/Johannesburg")).date()
    questions = some_questions(dice, start)[:1]
    dates = asked_of(
        "za_paia",
        "access",
        received,
        country="ZA",
        timezone="Africa/Johannesburg",
        events=told(["fee"] * len(questions), questions, []),
    )
    end = walk_with_stops(start, walk_days(start, 30), questions, both_days=False)
    assert dates.due == on_no_sunday_or_holiday(end, "ZA")
    end = walk_with_stops(start, walk_days(start, 60), questions, both_days=False)
    assert dates.due_extended == on_no_sunday_or_holiday(end, "ZA")


LAWS = [
    european_case,
    british_case,
    british_clarification_case,
    new_zealand_case,
    californian_case,
    south_african_case,
]


@pytest.mark.parametrize("case", LAWS, ids=lambda case: case.__name__)
def test_a_slow_calculator_agrees(case: Callable[[random.Random], None]) -> None:
    for seed in range(CASES):
        try:
            case(random.Random(seed))
        except AssertionError as wrong:
            wrong.add_note(f"seed {seed}")
            raise
