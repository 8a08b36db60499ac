"""A question asked in time stops a clock or delays its start, and its answer sets it going."""

from datetime import date

import pytest

from dsar.domain.clock import Stretch, derive
from dsar.domain.regimes.file import parse
from dsar.services.law.calendars import calendar_of
from dsar.services.law.regimes import _FOLDER
from tests.domain.clocks import at, dates, happened


def test_days_between_question_and_answer_do_not_count() -> None:
    found = dates(
        [happened("identity_requested", "2026-06-02"), happened("identity_received", "2026-06-09")]
    )
    assert (found.due, found.due_latest_arguable) == (date(2026, 7, 8), date(2026, 7, 9))


def test_a_question_answered_the_same_day_stops_nothing_but_arguably_one_day() -> None:
    found = dates(
        [happened("identity_requested", "2026-06-02"), happened("identity_received", "2026-06-02")]
    )
    assert (found.due, found.due_latest_arguable) == (date(2026, 7, 1), date(2026, 7, 2))


def test_the_days_left_out_stand_with_the_dates() -> None:
    answered = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_received", "2026-06-09"),
        happened("identity_requested", "2026-06-10"),
        happened("identity_received", "2026-06-10"),
    ]
    found = dates([*answered, happened("clarification_requested", "2026-06-11")])
    assert found.stood_still == (Stretch(date(2026, 6, 2), date(2026, 6, 9)),)
    assert found.as_json()["stood_still"] == [{"first": "2026-06-02", "last": "2026-06-09"}]
    assert found.paused_since == date(2026, 6, 11)
    assert dates().stood_still == ()


def test_a_day_two_questions_share_is_left_out_once() -> None:
    found = dates(
        [
            happened("identity_requested", "2026-06-02"),
            happened("clarification_requested", "2026-06-05"),
            happened("identity_received", "2026-06-09"),
            happened("clarification_received", "2026-06-10"),
        ]
    )
    assert (found.due, found.due_latest_arguable) == (date(2026, 7, 9), date(2026, 7, 10))


def test_a_question_within_another_adds_nothing() -> None:
    found = dates(
        [
            happened("identity_requested", "2026-06-02"),
            happened("clarification_requested", "2026-06-05"),
            happened("clarification_received", "2026-06-06"),
            happened("identity_received", "2026-06-09"),
        ]
    )
    assert found.due == date(2026, 7, 8)


def test_two_stretches_add_up_and_an_answer_day_that_is_a_question_day_counts_once() -> None:
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_received", "2026-06-05"),
        happened("identity_requested", "2026-06-05"),
        happened("identity_received", "2026-06-09"),
    ]
    found = dates(events)
    assert (found.due, found.due_latest_arguable) == (date(2026, 7, 8), date(2026, 7, 9))


def test_asking_twice_before_the_answer_is_one_question_from_the_first_asking() -> None:
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_requested", "2026-06-05"),
        happened("identity_received", "2026-06-09"),
    ]
    assert dates(events).due == date(2026, 7, 8)


@pytest.mark.parametrize(
    ("day", "due"), [("2026-07-01", "2026-07-06"), ("2026-07-02", "2026-07-01")]
)
def test_a_clock_stops_on_its_last_day_but_not_when_it_has_run_out(day: str, due: str) -> None:
    events = [happened("identity_requested", day), happened("identity_received", "2026-07-06")]
    found = dates(events)
    assert found.due == date.fromisoformat(due)
    said_too_late = any(step.result == "too late: no effect" for step in found.explanation)
    assert said_too_late is (day == "2026-07-02")


def test_while_a_question_is_open_the_clock_stands_still_and_no_latest_date_is_claimed() -> None:
    found = dates([happened("identity_requested", "2026-06-02")])
    assert found.paused_since == date(2026, 6, 2)
    assert found.due == found.effective_due == date(2026, 7, 1)
    assert found.due_latest_arguable is None
    assert found.effective_due_latest_arguable is None
    assert any(step.rule == "Clock stands still" for step in found.explanation)


def test_the_first_of_two_open_questions_says_since_when_the_clock_stands_still() -> None:
    events = [
        happened("clarification_requested", "2026-06-02"),
        happened("identity_requested", "2026-06-04"),
    ]
    assert dates(events).paused_since == date(2026, 6, 2)
    assert dates([*events, happened("clarification_received", "2026-06-05")]).paused_since == date(
        2026, 6, 4
    )


def test_an_answered_question_leaves_the_clock_running() -> None:
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_received", "2026-06-03"),
    ]
    assert dates(events).paused_since is None


def test_an_extension_moves_with_the_pauses_and_is_counted_from_the_original_start() -> None:
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_received", "2026-06-09"),
        happened("extension_notified", "2026-07-08", months=2),
    ]
    found = dates(events)
    assert found.extension_valid is True
    assert found.effective_due == date(2026, 9, 8)
    assert found.effective_due_latest_arguable == date(2026, 9, 9)


def test_a_british_clock_waits_for_every_answer_and_names_what_it_waits_for() -> None:
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("fee_requested", "2026-06-02"),
        happened("identity_received", "2026-06-09"),
    ]
    found = dates(events, regime="uk_gdpr", timezone="Europe/London")
    assert found.waiting_for == ("fee_paid",)
    assert found.clock_start is None
    assert found.due is None
    assert found.due_extended is None
    assert found.extension_notice_by is None
    assert found.deadline_passes_at_utc is None


def test_a_fee_that_is_only_accepted_does_not_start_a_british_clock() -> None:
    events = [happened("fee_requested", "2026-06-02"), happened("fee_accepted", "2026-06-03")]
    assert dates(events, regime="uk_gdpr").waiting_for == ("fee_paid",)


def test_a_question_after_the_last_day_cannot_bring_the_period_back() -> None:
    late = [
        happened("identity_requested", "2026-07-02"),
        happened("identity_received", "2026-07-20"),
    ]
    assert dates(late, regime="uk_gdpr").due == date(2026, 7, 1)
    assert dates(late[:1], regime="uk_gdpr").due == date(2026, 7, 1)
    in_time = [happened("identity_requested", "2026-07-01"), late[1]]
    assert dates(in_time, regime="uk_gdpr").due == date(2026, 8, 20)


def test_a_question_in_time_by_the_later_reading_only_leaves_no_latest_date() -> None:
    events = [
        happened("clarification_requested", "2026-06-02"),
        happened("clarification_received", "2026-06-09"),
        happened("identity_requested", "2026-07-09"),
    ]
    found = dates(events, regime="uk_gdpr")
    assert (found.due, found.waiting_for) == (date(2026, 7, 8), ())
    assert found.due_latest_arguable is None
    assert found.effective_due_latest_arguable is None


def test_the_last_day_that_rolled_still_takes_a_question() -> None:
    """Received 4 June, month ends Saturday 4 July, so Monday 6 July is the last day."""
    events = [
        happened("identity_requested", "2026-07-06"),
        happened("identity_received", "2026-07-08"),
    ]
    received = "2026-06-04T10:00:00+01:00"
    assert dates(events, regime="uk_gdpr", received=received).due == date(2026, 8, 10)


def test_a_clarification_before_the_start_counts_from_the_start_only() -> None:
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("clarification_requested", "2026-06-03"),
        happened("identity_received", "2026-06-08"),
        happened("clarification_received", "2026-06-11"),
    ]
    found = dates(events, regime="uk_gdpr")
    assert found.clock_start == date(2026, 6, 8)
    assert found.due == date(2026, 7, 13)  # 8 July and three days is Saturday 11 July


def test_a_question_no_rule_knows_moves_nothing() -> None:
    events = [
        happened("authority_requested", "2026-06-02"),
        happened("authority_received", "2026-06-09"),
    ]
    assert dates(events).due == date(2026, 7, 1)


def test_a_start_may_wait_also_where_the_law_names_no_number() -> None:
    text = (_FOLDER / "jp_appi.toml").read_text(encoding="utf-8")
    question = (
        '[[rules.questions]]\nasked = "identity_requested"\nanswered = ["identity_received"]\n'
        'effect = "delays_start"\nsource = "x"\n\n[act_at_once]'
    )
    law = parse(text.replace("[act_at_once]", question, 1), "jp_appi.toml")
    events = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_received", "2026-06-09"),
    ]
    found = derive(
        law,
        "access",
        received_at=at("2026-06-01T10:00:00+09:00"),
        timezone="Asia/Tokyo",
        calendar=calendar_of("JP", None),
        events=events,
    )
    assert (found.clock_start, found.due) == (date(2026, 6, 9), None)
