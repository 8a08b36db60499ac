"""Times of a source: how long it takes to show its changes, and when it may be worked on at all."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from dsar.domain.errors import BadInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?:(?P<days>[a-z,\-]+) )?(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)")
_FORM = 'Write "09:00-18:00", "mon-fri 22:00-06:00", or a list of them.'
_LENGTH = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
#: The longest settling time: what takes longer is no index that catches up.
LONGEST_SETTLING = 7 * 86_400


@dataclass(frozen=True, slots=True)
class OpenHours:
    """A time of day on days of the week (0 is Monday); one that ends earlier ends the next day."""

    days: frozenset[int]
    start: time
    end: time

    def around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Each time it comes, from the day before on, for a week: begin and end, in now's zone."""
        for number in range(-1, 9):
            day = now.date() + timedelta(days=number)
            if day.weekday() in self.days:
                last = day + timedelta(days=self.end <= self.start)
                yield (
                    datetime.combine(day, self.start, now.tzinfo),
                    datetime.combine(last, self.end, now.tzinfo),
                )


@dataclass(frozen=True, slots=True)
class Hours:
    """When a source may be worked on: within its spans or, where they are `quiet`, outside them."""

    spans: tuple[OpenHours, ...]
    quiet: bool = False

    def open(self, now: datetime) -> bool:
        """Whether it may be worked on; `now` is in the controller's own time zone."""
        within = any(a <= now < b for span in self.spans for a, b in span.around(now))
        return within is not self.quiet

    def turns(self, now: datetime) -> datetime | None:
        """When that changes next, within a week."""
        marks = {mark for span in self.spans for pair in span.around(now) for mark in pair}
        later = sorted(mark for mark in marks if mark > now)
        return next((mark for mark in later if self.open(mark) is not self.open(now)), None)


def hours(table: Mapping[str, Any], at: str) -> Hours | None:
    """The hours in a source's table, if it names any. Raises BadInput."""
    named = [key for key in ("allowed_hours", "quiet_hours") if key in table]
    if not named:
        return None
    if len(named) > 1:
        raise BadInput(f"{at}.quiet_hours", "stands beside allowed_hours.", "Leave one out.")
    [key] = named
    given = table[key] if isinstance(table[key], list) else [table[key]]
    found = Hours(tuple(_span(one, f"{at}.{key}") for one in given), quiet=key == "quiet_hours")
    monday = datetime(2024, 1, 1)  # noqa: DTZ001 - any week serves
    if found.turns(monday) is None:
        what = "leaves no time at all." if not found.open(monday) else "leaves all of the time."
        raise BadInput(f"{at}.{key}", what, _FORM)
    return found


def _span(text: Any, at: str) -> OpenHours:
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BadInput(at, "is no time of day.", _FORM)
    try:
        start, end = (time.fromisoformat(_noon(match[name])) for name in ("start", "end"))
    except ValueError:
        raise BadInput(at, "is no time of day.", _FORM) from None
    return OpenHours(frozenset(_days(match["days"] or "mon-sun", at)), start, end)


def _noon(text: str) -> str:
    return "00:00" if text == "24:00" else text


def _days(text: str, at: str) -> Iterator[int]:
    for part in text.split(","):
        names = part.split("-")
        if not 1 <= len(names) <= 2 or not set(names) <= set(_DAYS):
            raise BadInput(at, "names no days.", f"Days are {', '.join(_DAYS)}. {_FORM}")
        first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
        yield from ((first + n) % 7 for n in range((last - first) % 7 + 1))


def settling(given: Any, at: str) -> float:
    """Seconds a source needs to show its changes: a number, or "90s", "10m", "2h", "1d"."""
    found = _LENGTH.fullmatch(given) if isinstance(given, str) else None
    if found is not None:
        given = int(found[1]) * _UNITS[found[2]]
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise BadInput(at, "is no length of time.", 'Write "10m", or a number of seconds.')
    if not 0 <= given <= LONGEST_SETTLING:
        raise BadInput(at, "is longer than a week, or less than nothing.", 'Write "10m", say.')
    return float(given)


def in_words(seconds: float) -> str:
    """A length of time as staff reads it: "10 minutes"."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {name}{'s' * (count != 1)}"
    return f"{seconds:g} seconds"
