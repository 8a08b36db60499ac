"""The events of a clock, checked and put on local dates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dsar.domain.clock.dates import ClockEvent
from dsar.domain.errors import BadInput
from dsar.domain.regimes import ClockEventType as Type
from dsar.domain.regimes import RegimeQuestion

#: Receipts and events outside these years are refused: no holiday calendar reaches further.
FIRST_YEAR, LAST_YEAR = 2000, 2090
LONGEST_EXTENSION = 3650

#: Each answer and the question it needs before it.
QUESTION_OF = {
    Type.IDENTITY_RECEIVED: Type.IDENTITY_REQUESTED,
    Type.AUTHORITY_RECEIVED: Type.AUTHORITY_REQUESTED,
    Type.FEE_PAID: Type.FEE_REQUESTED,
    Type.FEE_ACCEPTED: Type.FEE_REQUESTED,
    Type.CLARIFICATION_RECEIVED: Type.CLARIFICATION_REQUESTED,
}


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """An event with its local date."""

    event: ClockEvent
    day: date


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One question and the day of its answer, None while it is open."""

    question: RegimeQuestion
    asked: date
    answered: date | None


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone, or refuse a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        mend = "Give an IANA name such as Europe/Berlin."
        raise BadInput("timezone", f"{name!r} is no time zone.", mend) from error


def local_day_of_receipt(received_at: datetime, zone: ZoneInfo) -> date:
    """Return the controller's date at the instant of receipt."""
    _check_time(received_at, "received_at")
    return received_at.astimezone(zone).date()


def dated(
    events: Sequence[ClockEvent], *, received_at: datetime, zone: ZoneInfo
) -> tuple[DatedEvent, ...]:
    """Give every event its local date; refuse what cannot have happened in this order."""
    previous: date | datetime = received_at
    seen: set[Type] = set()
    for index, event in enumerate(events):
        field = f"events[{index}]"
        _check_time(event.at, f"{field}.at")
        _check_length(event, field)
        if _before(event.at, received_at, zone):
            mend = "Give the day it happened, or mend received_at."
            raise BadInput(f"{field}.at", "It lies before the receipt of the request.", mend)
        if _before(event.at, previous, zone):
            raise BadInput(
                f"{field}.at", "It lies before the event listed before it.", "List oldest first."
            )
        question = QUESTION_OF.get(event.type)
        if question is not None and question not in seen:
            mend = f"Put its {question.value} before it."
            raise BadInput(f"{field}.type", f"{event.type.value} answers nothing.", mend)
        seen.add(event.type)
        previous = event.at
    return tuple(DatedEvent(event, _day(event.at, zone)) for event in events)


def spans(question: RegimeQuestion, happened: Sequence[DatedEvent]) -> Iterator[OpenQuestion]:
    """Pair every asking of `question` with the first answer after it."""
    asked: date | None = None
    for item in happened:
        if item.event.type is question.asked and asked is None:
            asked = item.day
        elif item.event.type in question.answered and asked is not None:
            yield OpenQuestion(question, asked, item.day)
            asked = None
    if asked is not None:
        yield OpenQuestion(question, asked, None)


def _check_time(at: date | datetime, field: str) -> None:
    if isinstance(at, datetime) and at.utcoffset() is None:
        raise BadInput(field, "The time has no offset from UTC.", "Add one, such as +01:00 or Z.")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        mend = f"Give a year from {FIRST_YEAR} through {LAST_YEAR}."
        raise BadInput(field, f"No calendar reaches {at.year}.", mend)


def _check_length(event: ClockEvent, field: str) -> None:
    for name, amount in (("months", event.months), ("days", event.days)):
        if amount is None:
            continue
        if event.type is not Type.EXTENSION_NOTIFIED:
            mend = "Leave it out: only extension_notified has a length."
            raise BadInput(f"{field}.{name}", f"{event.type.value} has no length.", mend)
        if not 1 <= amount <= LONGEST_EXTENSION:
            mend = f"Give a whole number from 1 through {LONGEST_EXTENSION}."
            raise BadInput(f"{field}.{name}", "It is no length of an extension.", mend)
    if event.months is not None and event.days is not None:
        raise BadInput(field, "It names both months and days.", "Give the one the notice named.")


def _day(at: date | datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date() if isinstance(at, datetime) else at


def _before(one: date | datetime, other: date | datetime, zone: ZoneInfo) -> bool:
    """Compare instants where both are known to the instant, else local dates."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return _day(one, zone) < _day(other, zone)
