"""Dates and events that cannot be counted with are refused by the name of their field."""

from datetime import date, datetime

import pytest

from dsar.domain.clock import ClockEvent, ClockEventType
from dsar.domain.errors import BadInput
from tests.domain.clocks import at, dates, happened


@pytest.mark.parametrize(
    ("events", "field"),
    [
        ([happened("identity_requested", "2026-05-31")], "events[0].at"),
        ([happened("identity_received", "2026-06-02")], "events[0].type"),
        ([happened("fee_paid", "2026-06-02")], "events[0].type"),
        ([happened("fee_accepted", "2026-06-02")], "events[0].type"),
        ([happened("authority_received", "2026-06-02")], "events[0].type"),
        ([happened("clarification_received", "2026-06-02")], "events[0].type"),
        (
            [
                happened("identity_requested", "2026-06-09"),
                happened("identity_received", "2026-06-08"),
            ],
            "events[1].at",
        ),
        ([ClockEvent(ClockEventType.APPEAL_RECEIVED, datetime(2026, 6, 2, 10))], "events[0].at"),
        (
            [ClockEvent(ClockEventType.APPEAL_RECEIVED, at("2026-06-01T09:59:59+02:00"))],
            "events[0].at",
        ),
        ([happened("appeal_received", "2091-01-01")], "events[0].at"),
        ([happened("appeal_received", "2026-06-02", days=3)], "events[0].days"),
        ([happened("extension_notified", "2026-06-02", days=0)], "events[0].days"),
        ([happened("extension_notified", "2026-06-02", months=-1)], "events[0].months"),
        ([happened("extension_notified", "2026-06-02", days=3651)], "events[0].days"),
        ([happened("extension_notified", "2026-06-02", days=1, months=1)], "events[0]"),
    ],
)
def test_events_that_cannot_have_happened_so_are_refused_by_name(
    events: list[ClockEvent], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        dates(events)
    assert refused.value.field == field
    assert refused.value.mend


def test_what_lies_before_receipt_and_what_lies_before_its_predecessor_are_told_apart() -> None:
    early = happened("appeal_received", "2026-05-31")
    first = happened("appeal_received", "2026-06-05")
    second = happened("appeal_received", "2026-06-04")
    with pytest.raises(BadInput, match="before the receipt"):
        dates([early])
    with pytest.raises(BadInput, match="before the event listed before it"):
        dates([first, second])


def test_events_of_one_day_keep_the_order_they_are_listed_in() -> None:
    at_noon = ClockEvent(ClockEventType.IDENTITY_REQUESTED, at("2026-06-02T12:00:00+02:00"))
    same_day = happened("identity_received", "2026-06-02")
    assert dates([at_noon, same_day]).paused_since is None
    earlier = ClockEvent(ClockEventType.IDENTITY_RECEIVED, at("2026-06-02T11:59:00+02:00"))
    with pytest.raises(BadInput):
        dates([at_noon, earlier])


def test_an_event_on_the_day_of_receipt_is_accepted() -> None:
    assert dates([happened("identity_requested", "2026-06-01")]).paused_since == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"received": datetime(2026, 6, 1)}, "received_at"),
        ({"received": "1999-12-31T10:00:00Z"}, "received_at"),
        ({"received": "2091-01-01T10:00:00Z"}, "received_at"),
        ({"received": "2000-01-01T10:00:00"}, "received_at"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"timezone": "Europe"}, "timezone"),
        ({"right": "opt_out"}, "right"),
        ({"right": "flying"}, "right"),
    ],
)
def test_what_cannot_be_counted_with_is_refused_by_name(more: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        dates(**more)
    assert refused.value.field == field


def test_longest_extensions_and_outermost_years_are_accepted() -> None:
    longest = happened("extension_notified", "2026-06-02", days=3650)
    assert dates([longest], regime="ch_fadp").extension_valid is True
    for received in ("2018-05-25T10:00:00Z", "2090-12-31T10:00:00Z"):
        assert dates(received=received).due is not None
    assert dates(received="2000-01-01T10:00:00Z").in_force is False
