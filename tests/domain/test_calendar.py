"""Counting days as laws count them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.calendar import (
    WEEKDAYS,
    Calendar,
    ClosedSeason,
    PeriodUnit,
    Roll,
    Term,
    after,
    first_late_instant,
    months_after,
    rolled,
    working_days_after,
)

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 12, 31))
CHRISTMAS = Calendar("Christmas", {date(2026, 12, 25): "Christmas Day"}.get)


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-01-31", 3, "2026-04-30"),  # chaining through February would give 28 April
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-03-05", 1, "2026-04-05"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-12-01", 1, "2027-01-01"),
    ],
)
def test_a_month_ends_on_the_same_number_or_on_the_last_day(
    start: str, number: int, end: str
) -> None:
    assert months_after(date.fromisoformat(start), number) == date.fromisoformat(end)


@given(DAYS, st.integers(1, 36))
def test_months_keep_the_day_of_the_month_unless_the_month_is_too_short(
    start: date, number: int
) -> None:
    end = months_after(start, number)
    assert (end.year - start.year) * 12 + end.month - start.month == number
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)


def test_the_day_of_receipt_is_no_working_day_counted() -> None:
    monday = date(2026, 3, 2)
    assert working_days_after(monday, 1, calendar=WEEKDAYS) == date(2026, 3, 3)
    assert working_days_after(monday, 5, calendar=WEEKDAYS) == date(2026, 3, 9)
    assert working_days_after(date(2026, 3, 7), 1, calendar=WEEKDAYS) == date(2026, 3, 9)


def test_a_holiday_is_no_working_day_and_is_named() -> None:
    assert working_days_after(date(2026, 12, 24), 1, calendar=CHRISTMAS) == date(2026, 12, 28)
    assert CHRISTMAS.closed_because(date(2026, 12, 25)) == "Christmas Day"
    assert CHRISTMAS.closed_because(date(2026, 12, 26)) == "Saturday"


def test_a_weekend_day_declared_a_working_day_is_one() -> None:
    saturday = date(2026, 2, 14)
    china = Calendar("CN", made_up_on=lambda day: day == saturday)
    assert china.is_working_day(saturday)
    assert not china.is_working_day(date(2026, 2, 15))


def test_a_closed_season_runs_over_the_turn_of_the_year_with_both_ends_closed() -> None:
    season = ClosedSeason((12, 25), (1, 15))
    shut = ["2026-12-25", "2026-12-31", "2027-01-01", "2027-01-15"]
    open_days = ["2026-12-24", "2027-01-16", "2026-07-01"]
    assert all(season.covers(date.fromisoformat(day)) for day in shut)
    assert not any(season.covers(date.fromisoformat(day)) for day in open_days)


def test_a_closed_season_within_one_year_has_both_ends_closed() -> None:
    season = ClosedSeason((7, 1), (7, 31))
    covered = [day for day in range(1, 32) if season.covers(date(2026, 7, day))]
    assert covered == list(range(1, 32))
    assert not season.covers(date(2026, 6, 30))
    assert not season.covers(date(2026, 8, 1))


def test_a_closed_season_may_be_one_day() -> None:
    season = ClosedSeason((5, 1), (5, 1))
    assert [day for day in range(1, 31) if season.covers(date(2026, 5, day))] == [1]
    assert not season.covers(date(2026, 4, 30))


def test_days_of_the_closed_season_are_not_counted() -> None:
    season = ClosedSeason((12, 25), (1, 15))
    last_before = date(2026, 12, 24)
    assert working_days_after(last_before, 1, calendar=WEEKDAYS, closed=(season,)) == date(
        2027, 1, 18
    )


@pytest.mark.parametrize(
    ("roll", "day", "end"),
    [
        (Roll.NONE, "2026-12-26", "2026-12-26"),
        (Roll.WORKING_DAY, "2026-12-25", "2026-12-28"),
        (Roll.WORKING_DAY, "2026-12-24", "2026-12-24"),
        (Roll.WORKING_DAY, "2026-12-26", "2026-12-28"),
        (Roll.NOT_SUNDAY_OR_HOLIDAY, "2026-12-26", "2026-12-26"),
        (Roll.NOT_SUNDAY_OR_HOLIDAY, "2026-12-27", "2026-12-28"),
        (Roll.NOT_SUNDAY_OR_HOLIDAY, "2026-12-25", "2026-12-26"),
    ],
)
def test_a_period_ends_where_its_law_lets_it_end(roll: Roll, day: str, end: str) -> None:
    assert rolled(date.fromisoformat(day), roll, calendar=CHRISTMAS) == date.fromisoformat(end)


@given(DAYS, st.sampled_from(Roll))
def test_rolling_goes_forward_only(day: date, roll: Roll) -> None:
    end = rolled(day, roll, calendar=CHRISTMAS)
    assert day <= end
    assert roll is Roll.NONE or end.isoweekday() != 7


@pytest.mark.parametrize(
    ("term", "end"),
    [
        (Term(1, PeriodUnit.MONTHS), "2026-03-28"),
        (Term(30, PeriodUnit.DAYS), "2026-03-30"),
        (Term(10, PeriodUnit.WORKING_DAYS), "2026-03-13"),
    ],
)
def test_thirty_days_are_not_one_month(term: Term, end: str) -> None:
    assert after(date(2026, 2, 28), term, calendar=WEEKDAYS) == date.fromisoformat(end)


def test_terms_of_one_unit_add_and_read_as_a_law_writes_them() -> None:
    assert Term(1, PeriodUnit.MONTHS) + Term(2, PeriodUnit.MONTHS) == Term(3, PeriodUnit.MONTHS)
    assert [str(Term(1, unit)) for unit in PeriodUnit] == ["1 month", "1 day", "1 working day"]
    assert str(Term(45, PeriodUnit.DAYS)) == "45 days"
    with pytest.raises(ValueError, match="different units"):
        Term(1, PeriodUnit.MONTHS) + Term(30, PeriodUnit.DAYS)


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("Europe/Berlin", "2026-03-28", "2026-03-28T23:00:00+00:00"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T22:00:00+00:00"),  # summer time began
        ("Europe/Berlin", "2026-10-25", "2026-10-25T23:00:00+00:00"),  # and ended
        ("Africa/Cairo", "2026-04-23", "2026-04-23T22:00:00+00:00"),  # midnight is skipped
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00+00:00"),  # a whole day is skipped
        ("Asia/Kolkata", "2026-06-01", "2026-06-01T18:30:00+00:00"),
    ],
)
def test_the_first_late_instant_is_the_next_local_midnight(
    zone: str, day: str, instant: str
) -> None:
    found = first_late_instant(date.fromisoformat(day), ZoneInfo(zone))
    assert found == datetime.fromisoformat(instant)
    assert found.tzinfo is UTC


ZONES = ["Europe/Berlin", "Europe/London", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Auckland"]


@given(DAYS, st.sampled_from(ZONES))
def test_just_before_the_first_late_instant_it_is_still_the_last_day(day: date, zone: str) -> None:
    instant = first_late_instant(day, ZoneInfo(zone))
    just_before = (instant - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
    assert just_before.date() == day
    assert instant.astimezone(ZoneInfo(zone)).date() == day + timedelta(days=1)
