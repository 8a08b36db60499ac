"""When staff is told that a date comes near: thresholds as data, each raised once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class WatchedDates:
    """The dates of one open ticket that are watched; None where the law has none."""

    start: datetime
    due_on: date
    due_at: datetime
    internal_due_on: date | None = None
    extension_notice_by: date | None = None
    acknowledge_by: date | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """One row: of which date, after which share of the time to it, or so long before its end."""

    name: str
    of: str
    share: float | None = None
    before: timedelta = timedelta()
    daily: bool = False
    words: str = ""


_DAY = timedelta(days=1)

# fmt: off
THRESHOLDS: tuple[Threshold, ...] = (
    Threshold("acknowledge",    "acknowledge_by",      before=2 * _DAY,  words="Receipt must be confirmed by {day}."),
    Threshold("half_time",      "due_on",              share=0.5,        words="Half of the time is over; due {day}."),
    Threshold("three_quarters", "due_on",              share=0.75,       words="Three quarters of the time are over; due {day}."),
    Threshold("extension_ends", "extension_notice_by", before=3 * _DAY,  words="An extension can be notified until {day}."),
    Threshold("internal",       "internal_due_on",     before=timedelta(), words="The internal target was {day}."),
    Threshold("three_days",     "due_on",              before=3 * _DAY,  words="Three days are left; due {day}."),
    Threshold("one_day",        "due_on",              before=_DAY,      words="The last day begins; due {day}."),
    Threshold("overdue",        "due_on",              daily=True,       words="Overdue since {day}."),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class DueAlert:
    """A threshold that was passed. `day` tells raised ones apart: the date watched, or today."""

    name: str
    day: date
    words: str


def passed(watched: WatchedDates, *, now: datetime, zone: ZoneInfo) -> Iterator[DueAlert]:
    """Every threshold a ticket has passed by `now`; what was raised before is for the caller."""
    for row in THRESHOLDS:
        day: date | None = getattr(watched, row.of)
        if day is None or now < _instant(row, watched, day, zone):
            continue
        key = now.astimezone(zone).date() if row.daily else day
        yield DueAlert(row.name, key, row.words.format(day=day))


def _instant(row: Threshold, watched: WatchedDates, day: date, zone: ZoneInfo) -> datetime:
    """The first instant at which the threshold is passed."""
    end = datetime.combine(day + _DAY, time(), zone)
    if row.share is not None:
        return watched.start + row.share * (end - watched.start)
    return end - row.before
