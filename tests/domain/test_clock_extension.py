"""A period is extended once, in time, and by no more than the law allows."""

from datetime import date

import pytest

from tests.domain.clocks import dates, happened


@pytest.mark.parametrize(
    ("day", "length", "valid", "effective"),
    [
        ("2026-07-01", {"months": 2}, True, "2026-09-01"),
        ("2026-07-01", {"months": 1}, True, "2026-08-03"),
        ("2026-07-01", {"days": 10}, True, "2026-07-13"),
        ("2026-07-01", {}, True, "2026-09-01"),
        ("2026-07-02", {"months": 2}, False, "2026-07-01"),
        ("2026-07-01", {"months": 3}, False, "2026-07-01"),
        ("2026-07-01", {"days": 63}, False, "2026-07-01"),
    ],
)
def test_an_extension_counts_if_notified_in_time_and_no_longer_than_the_law_allows(
    day: str, length: dict[str, int], valid: bool, effective: str
) -> None:
    found = dates([happened("extension_notified", day, **length)])
    assert found.extension_valid is valid
    assert found.effective_due == date.fromisoformat(effective)
    assert found.due == date(2026, 7, 1)


def test_while_nothing_is_notified_the_furthest_extension_is_shown_and_not_in_effect() -> None:
    found = dates()
    assert found.extension_valid is None
    assert found.due_extended == date(2026, 9, 1)
    assert found.effective_due == date(2026, 7, 1)
    assert found.extension_notice_by == date(2026, 7, 1)


def test_a_second_extension_has_no_effect() -> None:
    first = happened("extension_notified", "2026-06-10", months=1)
    second = happened("extension_notified", "2026-06-20", months=2)
    found = dates([first, second])
    assert found.effective_due == date(2026, 8, 3)
    assert any(step.result == "one extension only: no effect" for step in found.explanation)


def test_a_void_notice_leaves_room_for_a_valid_one() -> None:
    too_long = happened("extension_notified", "2026-06-10", months=3)
    right = happened("extension_notified", "2026-06-20", months=2)
    assert dates([too_long, right]).effective_due == date(2026, 9, 1)


def test_a_late_notice_is_said_to_be_late() -> None:
    found = dates([happened("extension_notified", "2026-07-02", months=2)])
    assert any(step.result == "late notice: no effect" for step in found.explanation)
    assert found.due_extended is None  # no other notice can be in time any more
    assert found.effective_due_latest_arguable == date(2026, 7, 1)


def test_a_notice_between_the_cautious_and_the_latest_last_day_is_arguable_only() -> None:
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_received", "2026-06-09"),
        happened("extension_notified", "2026-07-09", months=2),
    ]
    found = dates(events)
    assert found.extension_valid is False
    assert found.effective_due == date(2026, 7, 8)
    assert found.effective_due_latest_arguable == date(2026, 9, 9)


def test_a_notice_longer_than_the_law_allows_arguably_counts_as_the_longest() -> None:
    found = dates([happened("extension_notified", "2026-06-10", months=5)])
    assert found.effective_due == date(2026, 7, 1)
    assert found.effective_due_latest_arguable == date(2026, 9, 1)
