"""Thresholds: each is passed at its instant and not before, and says which date it watches."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.clock.thresholds import THRESHOLDS, WatchedDates, passed

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = date(2026, 4, 2)
LATE = datetime(2026, 4, 3, 0, 0, tzinfo=ZONE)
WATCHED = WatchedDates(
    start=START,
    due_on=DUE,
    due_at=LATE.astimezone(UTC),
    internal_due_on=date(2026, 3, 28),
    extension_notice_by=DUE,
)


def names(now: datetime) -> list[str]:
    return [alert.name for alert in passed(WATCHED, now=now, zone=ZONE)]


def test_nothing_is_passed_on_the_first_day() -> None:
    assert names(START) == []


def test_half_of_the_time_counts_to_the_first_late_instant() -> None:
    half = START + (LATE - START) / 2
    assert "half_time" not in names(half - timedelta(seconds=1))
    assert "half_time" in names(half)


def test_the_last_day_is_told_when_it_begins_not_when_it_ends() -> None:
    begins = datetime(2026, 4, 2, 0, 0, tzinfo=ZONE)
    assert "one_day" not in names(begins - timedelta(seconds=1))
    assert "one_day" in names(begins)
    assert "overdue" not in names(begins)


def test_overdue_begins_with_the_first_late_instant_and_is_told_anew_each_day() -> None:
    assert "overdue" not in names(LATE - timedelta(seconds=1))
    days = {
        alert.day
        for hours in range(0, 72, 6)
        for alert in passed(WATCHED, now=LATE + timedelta(hours=hours), zone=ZONE)
        if alert.name == "overdue"
    }
    assert days == {date(2026, 4, 3), date(2026, 4, 4), date(2026, 4, 5)}


def test_a_date_the_law_does_not_have_is_not_watched() -> None:
    alone = WatchedDates(start=START, due_on=DUE, due_at=LATE)
    found = {alert.name for alert in passed(alone, now=LATE, zone=ZONE)}
    assert found == {"half_time", "three_quarters", "three_days", "one_day", "overdue"}


@given(st.datetimes(datetime(2026, 3, 2), datetime(2026, 6, 1), timezones=st.just(UTC)))
def test_what_was_passed_once_stays_passed(now: datetime) -> None:
    later = set(names(now + timedelta(days=1)))
    assert set(names(now)) <= later


def test_every_threshold_has_words_with_its_day() -> None:
    assert all("{day}" in row.words for row in THRESHOLDS)
