"""Lengths of time as policies write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.calendar.period import Period


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("7 years", 7, "year"),
        ("1 year", 1, "year"),
        (" 12 months ", 12, "month"),
        ("2 weeks", 2, "week"),
        ("30 days", 30, "day"),
    ],
)
def test_a_length_is_a_number_and_a_unit(text: str, count: int, unit: str) -> None:
    assert Period.parse(text) == Period(count, unit)


@pytest.mark.parametrize("text", ["", "7", "years", "seven years", "7years", "-1 days", "7 hours"])
def test_anything_else_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match='write it as "7 years"'):
        Period.parse(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1 month", date(2026, 1, 31), date(2026, 2, 28)),
        ("1 month", date(2028, 1, 31), date(2028, 2, 29)),
        ("3 months", date(2026, 1, 31), date(2026, 4, 30)),
        ("1 year", date(2028, 2, 29), date(2029, 2, 28)),
        ("7 years", date(2026, 12, 31), date(2033, 12, 31)),
        ("2 weeks", date(2026, 2, 20), date(2026, 3, 6)),
        ("30 days", date(2026, 1, 1), date(2026, 1, 31)),
    ],
)
def test_months_are_clamped_from_the_original_start(text: str, start: date, end: date) -> None:
    assert Period.parse(text).after(start) == end


@given(st.integers(0, 9999), st.sampled_from(["year", "month", "week", "day"]), st.dates())
def test_a_length_leads_forward_and_never_out_of_the_calendar(
    count: int, unit: str, start: date
) -> None:
    assert start <= Period(count, unit).after(start) <= date.max


@given(st.integers(0, 9999), st.sampled_from(["year", "month", "week", "day"]))
def test_a_length_reads_as_it_was_written(count: int, unit: str) -> None:
    assert Period.parse(str(Period(count, unit))) == Period(count, unit)


def test_the_day_that_means_no_end_stays_it() -> None:
    assert Period.parse("7 years").after(date(9999, 12, 31)) == date(9999, 12, 31)
