"""The rules a date obeys, whatever the law; figures of single laws stand in their files."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsar.domain.calendar import months_after
from dsar.domain.clock import ClockEvent, ClockEventType, Stretch, derive
from dsar.domain.errors import BadInput
from dsar.domain.regimes.file import parse
from dsar.services.law.calendars import calendar_of
from dsar.services.law.regimes import _FOLDER, known
from tests.domain.clocks import BERLIN, asked, at, dates, happened

T = ClockEventType
RECEIPTS = st.datetimes(
    min_value=datetime(2018, 6, 1),
    max_value=datetime(2060, 1, 1),
    timezones=st.sampled_from([UTC, ZoneInfo(BERLIN), ZoneInfo("America/Los_Angeles")]),
    allow_imaginary=False,
)
QUESTIONS = st.lists(
    st.tuples(
        st.sampled_from(["identity", "authority", "clarification"]),
        st.integers(0, 60),
        st.integers(0, 40),
    ),
    max_size=3,
    unique_by=lambda question: question[0],
)


# --- properties ---------------------------------------------------------------------------------


@settings(deadline=None)  # the first example reads the laws
@given(RECEIPTS)
def test_due_is_never_earlier_than_the_clamped_date_and_rolls_only_forward(
    received: datetime,
) -> None:
    found = dates(received=received)
    clamped = months_after(received.astimezone(ZoneInfo(BERLIN)).date(), 1)
    assert found.due is not None
    assert clamped <= found.due <= clamped + timedelta(days=5)
    assert calendar_of("DE", None).is_working_day(found.due)
    assert found.due == clamped or not calendar_of("DE", None).is_working_day(clamped)


@settings(deadline=None)
@given(RECEIPTS, RECEIPTS, st.sampled_from(known()), st.sampled_from(["access", "erasure"]))
def test_who_asks_later_is_answered_no_earlier(
    one: datetime, other: datetime, regime: str, right: str
) -> None:
    first, second = sorted([one, other])
    earlier = dates(regime=regime, right=right, received=first)
    later = dates(regime=regime, right=right, received=second)
    if earlier.rule != later.rule:
        return
    for name in ("clock_start", "ack_by", "due", "due_extended", "due_latest_arguable"):
        before, after = getattr(earlier, name), getattr(later, name)
        assert (before is None) == (after is None)
        assert before is None or before <= after


@settings(deadline=None)
@given(RECEIPTS, QUESTIONS, st.sampled_from(["eu_gdpr", "uk_gdpr", "za_paia", "ch_fadp"]))
def test_an_answered_question_never_shortens_and_cautious_is_never_later(
    received: datetime, questions: list[tuple[str, int, int]], regime: str
) -> None:
    plain = dates(regime=regime, received=received)
    found = dates(asked(questions, received), regime=regime, received=received)
    if not plain.in_force:
        return
    assert plain.due is not None
    assert found.due is not None
    assert found.due >= plain.due
    assert found.due_latest_arguable is not None
    assert found.due_latest_arguable >= found.due
    assert found.effective_due == found.due


@settings(deadline=None)
@given(RECEIPTS, QUESTIONS)
def test_one_more_pause_never_shortens(
    received: datetime, questions: list[tuple[str, int, int]]
) -> None:
    """A question that delays a British start is no pause: a month from 29 January is shorter."""
    british = [question for question in questions if question[0] != "clarification"]
    for regime, fewer in (("eu_gdpr", questions[:-1]), ("uk_gdpr", british)):
        without = dates(asked(fewer, received), regime=regime, received=received).due
        with_all = dates(asked(questions, received), regime=regime, received=received).due
        assert without is not None
        assert with_all is not None
        assert with_all >= without


@settings(deadline=None)
@given(RECEIPTS, QUESTIONS, st.sampled_from(known()))
def test_every_date_that_is_given_is_explained(
    received: datetime, questions: list[tuple[str, int, int]], regime: str
) -> None:
    events = asked(questions, received)
    if regime != "in_dpdp":
        events.append(ClockEvent(T.APPEAL_RECEIVED, events[-1].at if events else received))
    found = dates(events, regime=regime, received=received)
    results = {step.result for step in found.explanation}
    values = found.as_json()
    named = ["ack_by", "due", "due_extended", "appeal_due", "appeal_due_extended"]
    for name in [*named, "deadline_passes_at_utc", "due_latest_arguable"]:
        assert values[name] is None or values[name] in results or values[name] == values["due"]


@settings(deadline=None)
@given(RECEIPTS, st.sampled_from(known()))
def test_the_same_inputs_give_the_same_dates(received: datetime, regime: str) -> None:
    assert dates(regime=regime, received=received) == dates(regime=regime, received=received)


# --- receipt and zone ---------------------------------------------------------------------------


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
    late_evening = ClockEvent(T.EXTENSION_NOTIFIED, at("2026-07-01T21:59:00Z"), months=2)
    past_midnight = ClockEvent(T.EXTENSION_NOTIFIED, at("2026-07-01T22:00:00Z"), months=2)
    assert dates([late_evening]).extension_valid is True
    assert dates([past_midnight]).extension_valid is False


# --- pauses -------------------------------------------------------------------------------------


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


# --- start --------------------------------------------------------------------------------------


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


# --- extension ----------------------------------------------------------------------------------


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


# --- acknowledgement and appeal -----------------------------------------------------------------


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


# --- in force and calendars ---------------------------------------------------------------------


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


# --- bad input ----------------------------------------------------------------------------------


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
        ([ClockEvent(T.APPEAL_RECEIVED, datetime(2026, 6, 2, 10))], "events[0].at"),
        ([ClockEvent(T.APPEAL_RECEIVED, at("2026-06-01T09:59:59+02:00"))], "events[0].at"),
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
    at_noon = ClockEvent(T.IDENTITY_REQUESTED, at("2026-06-02T12:00:00+02:00"))
    same_day = happened("identity_received", "2026-06-02")
    assert dates([at_noon, same_day]).paused_since is None
    earlier = ClockEvent(T.IDENTITY_RECEIVED, at("2026-06-02T11:59:00+02:00"))
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
