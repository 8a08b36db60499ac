"""A second calculator for the tests: slow, day by day, from the law's words, sharing no code.

It walks a calendar one day at a time and knows only five laws, by heart; that it agrees with the
engine over thousands of random cases is the point of it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

DAY = timedelta(days=1)


@cache
def free_days(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def is_worked(day: date, country: str) -> bool:
    return day.isoweekday() < 6 and day not in free_days(country)


def walk_months(start: date, number: int) -> date:
    """Walk until `number` month names have changed, then to the same day or the month's last."""
    day, changes = start, 0
    while changes < number:
        day += DAY
        changes += day.day == 1
    while day.day < start.day and (day + DAY).day != 1:
        day += DAY
    return day


def walk_days(start: date, number: int) -> date:
    for _ in range(number):
        start += DAY
    return start


def walk_working_days(start: date, number: int, country: str, *, summer_break: bool) -> date:
    """Walk until `number` worked days were passed; New Zealand closes 25 December-15 January."""
    day = start
    while number:
        day += DAY
        closed = (day.month == 12 and day.day >= 25) or (day.month == 1 and day.day <= 15)
        number -= is_worked(day, country) and not (summer_break and closed)
    return day


@dataclass(frozen=True)
class Asked:
    """A question to the person: the day asked, the day answered."""

    on: date
    answered: date


def walk_with_stops(start: date, end: date, stops: list[Asked], *, both_days: bool) -> date:
    """Walk from `start` as many running days as lie up to `end`; a stopped day does not run.

    A day is stopped from the day of the question until the day of the answer, which is stopped too
    if `both_days`. A clock stopped on its last day has not run out.
    """
    to_run = (end - start).days
    day = start
    while True:
        stopped = any(
            stop.on <= day and (day < stop.answered or (both_days and day == stop.answered))
            for stop in stops
        )
        if to_run == 0 and not stopped:
            return day
        to_run -= not stopped
        day += DAY


def on_working_day(day: date, country: str) -> date:
    while not is_worked(day, country):
        day += DAY
    return day


def on_no_sunday_or_holiday(day: date, country: str) -> date:
    while day.isoweekday() == 7 or day in free_days(country):
        day += DAY
    return day
