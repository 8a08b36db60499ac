"""Counting days as laws count them: clamped months, working days, closed seasons, rolling.

Everything here is a pure function on local dates. Which days are public holidays comes in as a
`Calendar` value, because holidays are data of a country and the domain reads no data.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SATURDAY, SUNDAY = 5, 6
ONE_DAY = timedelta(days=1)


def _no_holiday(_day: date) -> str | None:
    return None


def _never(_day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Calendar:
    """The public holidays of one place, under the name they are cited by in explanations.

    `holiday_on` answers the holiday's name or None. `made_up_on` tells the weekend days a
    government declared working days (China does). `regional` tells the holidays that only a
    part of the country keeps.
    """

    name: str
    holiday_on: Callable[[date], str | None] = _no_holiday
    made_up_on: Callable[[date], bool] = _never
    regional: Callable[[date], bool] = _never

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work: no Saturday, Sunday or public holiday."""
        if self.holiday_on(day) is not None:
            return False
        return day.weekday() < SATURDAY or self.made_up_on(day)

    def closed_because(self, day: date) -> str:
        """Name what makes `day` no working day: the holiday, or the day of the week."""
        return self.holiday_on(day) or day.strftime("%A")


#: Monday to Friday, no public holidays: for rules that count neither, and for tests.
WEEKDAYS = Calendar("Monday to Friday")


@dataclass(frozen=True, slots=True)
class ClosedSeason:
    """A part of every year whose days a statute does not count; both ends are closed.

    Ends are (month, day); the season may run over the turn of the year.
    """

    first: tuple[int, int]
    last: tuple[int, int]

    def covers(self, day: date) -> bool:
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


class PeriodUnit(StrEnum):
    """What a period is counted in."""

    MONTHS = "months"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Term:
    """A length a law sets for an answer: one month, 45 days, 10 working days."""

    number: int
    unit: PeriodUnit

    def __str__(self) -> str:
        word = self.unit.value.replace("_", " ")
        return f"{self.number} {word.removesuffix('s') if self.number == 1 else word}"

    def __add__(self, other: "Term") -> "Term":
        """Join two terms of one unit, so that both are counted from the same start."""
        if self.unit is not other.unit:
            raise ValueError(f"{self} and {other} are counted in different units.")
        return Term(self.number + other.number, self.unit)


class Roll(StrEnum):
    """What a law does with a period whose last day is no working day."""

    NONE = "none"
    WORKING_DAY = "working_day"
    NOT_SUNDAY_OR_HOLIDAY = "not_sunday_or_holiday"


def months_after(start: date, number: int) -> date:
    """Return the same day number `number` months later, clamped to the end of that month.

    Always counted from the original start: 31 January and three months is 30 April, while
    chaining through 28 February would give 28 April.
    """
    whole = start.year * 12 + start.month - 1 + number
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def working_days_after(
    start: date, number: int, *, calendar: Calendar, closed: tuple[ClosedSeason, ...] = ()
) -> date:
    """Return the `number`-th working day after `start`; the day of `start` is not counted."""
    day = start
    for _ in range(number):
        day += ONE_DAY
        while not calendar.is_working_day(day) or any(season.covers(day) for season in closed):
            day += ONE_DAY
    return day


def after(
    start: date, period: Term, *, calendar: Calendar, closed: tuple[ClosedSeason, ...] = ()
) -> date:
    """Return the last day of `period` counted from `start`, before any rolling."""
    if period.unit is PeriodUnit.MONTHS:
        return months_after(start, period.number)
    if period.unit is PeriodUnit.DAYS:
        return start + period.number * ONE_DAY
    return working_days_after(start, period.number, calendar=calendar, closed=closed)


def _must_roll(day: date, roll: Roll, calendar: Calendar) -> bool:
    if roll is Roll.WORKING_DAY:
        return not calendar.is_working_day(day)
    if roll is Roll.NOT_SUNDAY_OR_HOLIDAY:
        return day.weekday() == SUNDAY or calendar.holiday_on(day) is not None
    return False


def rolled(day: date, roll: Roll, *, calendar: Calendar) -> date:
    """Move the last day of a period forward to the day the law lets it end on."""
    while _must_roll(day, roll, calendar):
        day += ONE_DAY
    return day


def first_late_instant(last_day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which `last_day` is over in `zone`: the next local midnight.

    Where the clocks skip midnight that night, it is the instant of the jump.
    """
    return datetime.combine(last_day + ONE_DAY, time.min, zone).astimezone(UTC)
