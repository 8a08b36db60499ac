"""The rules a date obeys, whatever the law; figures of single laws stand in their files."""

from datetime import date

import pytest

from dsar.domain.clock import ClockEvent, ClockEventType
from dsar.services.law.calendars import calendar_of
from tests.domain.clocks import at, dates, happened


@pytest.mark.parametrize(
    ("received", "zone", "start"),
    [
        ("2026-06-15T23:30:00Z", "Europe/Paris", "2026-06-16"),
        ("2026-06-15T23:30:00Z", "America/New_York", "2026-06-15"),
        ("2026-06-15T21:59:59.999999Z", "Europe/Paris", "2026-06-15"),
        ("2026-06-15T22:00:00Z", "Europe/Paris", "2026-06-16"),
        ("2026-03-29T00:59:00Z", "Europe/Berlin", "2026-03-29"),
        ("2024-02-28T23:30:00Z", "Europe/Berlin", "2024-02-29"),
    ],
)
def test_the_day_of_receipt_is_the_controllers_local_day(
    received: str, zone: str, start: str
) -> None:
    found = dates(received=received, timezone=zone)
    assert found.clock_start == date.fromisoformat(start)


def test_a_leap_day_ends_with_the_29th_and_the_29th_of_march_in_other_years_is_kept() -> None:
    assert dates(received="2024-02-29T10:00:00Z").due == date(2024, 4, 2)  # 29 March: Good Friday
    assert dates(received="2028-02-29T10:00:00Z").due == date(2028, 3, 29)
    assert dates(received="2027-01-29T10:00:00Z").due == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("received", "passes"),
    [
        ("2026-02-27T10:00:00Z", "2026-03-27T23:00:00Z"),
        ("2026-03-02T10:00:00Z", "2026-04-02T22:00:00Z"),
        ("2026-09-26T10:00:00Z", "2026-10-26T23:00:00Z"),
    ],
)
def test_a_deadline_passes_at_local_midnight_on_either_side_of_a_clock_change(
    received: str, passes: str
) -> None:
    assert dates(received=received).as_json()["deadline_passes_at_utc"] == passes


def test_an_event_known_to_the_instant_falls_on_its_local_day() -> None:
    late_evening = ClockEvent(
        ClockEventType.EXTENSION_NOTIFIED, at("2026-07-01T21:59:00Z"), months=2
    )
    past_midnight = ClockEvent(
        ClockEventType.EXTENSION_NOTIFIED, at("2026-07-01T22:00:00Z"), months=2
    )
    assert dates([late_evening]).extension_valid is True
    assert dates([past_midnight]).extension_valid is False


def test_an_acknowledgement_is_counted_from_receipt_whatever_is_asked() -> None:
    events = [happened("identity_requested", "2026-06-02")]
    found = dates(events, regime="us_ca_ccpa", timezone="America/Los_Angeles")
    assert found.ack_by == date(2026, 6, 15)


def test_only_the_first_appeal_is_counted() -> None:
    events = [happened("appeal_received", "2026-08-03"), happened("appeal_received", "2026-08-10")]
    found = dates(events, regime="us_co", timezone="America/Denver")
    assert found.appeal_due == date(2026, 9, 17)
    assert found.appeal_due_extended == date(2026, 11, 16)


def test_an_appeal_without_a_period_is_said_to_have_none() -> None:
    found = dates([happened("appeal_received", "2026-08-03")], regime="us_ut")
    assert found.appeal_due is None
    assert found.explanation[-2].rule == "Appeal"


def test_the_version_of_a_rule_goes_by_the_day_of_receipt() -> None:
    old = dates(regime="uk_gdpr", received="2026-02-04T23:59:59Z", timezone="Europe/London")
    new = dates(regime="uk_gdpr", received="2026-02-05T00:00:00Z", timezone="Europe/London")
    assert (old.rule, new.rule) == ("month_by_guidance", "applicable_period")


def test_nothing_is_owed_before_the_first_day() -> None:
    found = dates(regime="in_dpdp", right="grievance")
    empty = {name: value for name, value in found.as_json().items() if value not in (None, [])}
    assert found.received == date(2026, 6, 1)
    assert set(empty) == {
        "received",
        "regime",
        "regime_version",
        "calendar",
        "right",
        "in_force",
        "explanation",
    }
    assert found.in_force is False
    assert found.explanation[-1].result == "no duty"


def test_a_regional_holiday_counts_where_a_subdivision_was_given_and_is_explained() -> None:
    received = "2026-12-06T10:00:00+01:00"
    bavaria = dates(received=received, calendar=calendar_of("DE", "BY"))
    germany = dates(received=received, calendar=calendar_of("DE", None))
    assert (germany.due, bavaria.due) == (date(2027, 1, 6), date(2027, 1, 7))
    assert any(step.rule == "Regional holiday" for step in bavaria.explanation)
    assert not any(step.rule == "Regional holiday" for step in germany.explanation)


def test_a_roll_names_the_day_it_left() -> None:
    found = dates(received="2026-03-03T10:00:00+01:00")
    step = next(step for step in found.explanation if step.rule == "Last day is no working day")
    assert step.input.startswith("2026-04-03 is Good Friday")
    assert step.result == "2026-04-07"


def test_what_must_be_done_at_once_stands_beside_the_dates() -> None:
    assert "stop at once" in str(dates(right="objection").act_at_once)
    assert dates(right="access").act_at_once is None
