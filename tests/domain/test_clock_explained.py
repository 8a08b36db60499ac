"""The explanation of a clock, word by word: what a lawyer reads to check a date."""

from dsar.domain.clock import Dates
from dsar.services.law.calendars import calendar_of
from tests.domain.clocks import dates, happened

STANDS_STILL = "every day until the answer moves the end; shown as if it came at once"


def said(found: Dates) -> list[tuple[str, str]]:
    """What the steps say after receipt and rule: input and result."""
    return [(step.input, step.result) for step in found.explanation[2:]]


def test_receipt_and_rule_open_every_explanation() -> None:
    first, second = dates(received="2026-06-01T23:30:00Z").explanation[:2]
    assert first.input == "2026-06-01T23:30:00+00:00 in Europe/Berlin"
    assert first.result == "2026-06-02"
    assert second.input.endswith("rule one_month, in force from 2018-05-25")
    assert second.result.startswith("GDPR Art. 12(3); Regulation 1182/71")
    assert "(law; certainty: read). Without undue delay" in second.result


def test_an_older_version_says_until_when_it_was_in_force() -> None:
    found = dates(regime="uk_gdpr", received="2025-06-02T10:00:00Z")
    assert found.explanation[1].input.endswith("in force from 2018-05-25 through 2026-02-04")
    assert "(guidance; certainty: secondary)" in found.explanation[1].result


def test_a_plain_month_needs_no_more_words_than_this() -> None:
    assert said(dates()) == [
        ("received 2026-06-01", "2026-06-01"),
        ("1 month from 2026-06-01", "2026-07-01"),
        ("no extension notified; notice possible by 2026-07-01", "2026-09-01"),
        ("2026-07-01 in Europe/Berlin", "2026-07-01T22:00:00Z"),
    ]


def test_a_pause_a_roll_and_an_extension_are_told_in_their_order() -> None:
    found = dates(
        [
            happened("identity_requested", "2026-06-02"),
            happened("identity_received", "2026-06-05"),
            happened("extension_notified", "2026-07-06", months=2),
        ]
    )
    notice = "extension by 2 months notified on 2026-07-06, in time by 2026-07-06, counted from"
    assert said(found) == [
        ("received 2026-06-01", "2026-06-01"),
        ("1 month from 2026-06-01", "2026-07-01"),
        (
            "identity_requested on 2026-06-02, answered on 2026-06-05: 3 days do not count",
            "2026-07-04",
        ),
        (f"2026-07-04 is Saturday ({calendar_of('DE', None).name})", "2026-07-06"),
        (
            f"{notice} 2026-06-01",
            "2026-09-04",
        ),
        ("cautious 2026-09-04", "2026-09-07"),
        ("2026-09-04 in Europe/Berlin", "2026-09-04T22:00:00Z"),
    ]


def test_a_later_reading_is_told_for_the_due_date_and_for_its_extension() -> None:
    questions = [
        happened("identity_requested", "2026-06-02"),
        happened("identity_received", "2026-06-09"),
    ]
    extended = dates([*questions, happened("extension_notified", "2026-07-01", months=2)])
    assert said(extended)[-3:-1] == [
        ("cautious 2026-07-08", "2026-07-09"),
        ("cautious 2026-09-08", "2026-09-09"),
    ]
    assert said(dates(questions))[-3:-1] == [
        ("no extension notified; notice possible by 2026-07-08", "2026-09-08"),
        ("cautious 2026-07-08", "2026-07-09"),
    ]
    assert not any(step.rule.startswith("Latest arguable") for step in dates().explanation)


def test_a_start_that_waits_says_for_what_and_since_when() -> None:
    asked_only = [happened("fee_requested", "2026-06-02")]
    (waiting,) = said(dates(asked_only, regime="ch_fadp"))
    assert waiting == ("fee_requested on 2026-06-02, no answer", "the period has not begun")
    assert dates(asked_only, regime="ch_fadp").waiting_for == ("fee_accepted or fee_paid",)
    answered = [*asked_only, happened("fee_paid", "2026-06-04")]
    assert said(dates(answered, regime="ch_fadp"))[0] == (
        "fee_requested on 2026-06-02, answered on 2026-06-04",
        "the period runs from 2026-06-04",
    )


def test_a_question_too_late_says_after_which_day() -> None:
    late = [happened("identity_requested", "2026-07-02")]
    told = ("identity_requested on 2026-07-02, after 2026-07-01", "too late: no effect")
    assert told in said(dates(late, regime="uk_gdpr"))
    told = ("identity_requested on 2026-07-02, after the last day", "too late: no effect")
    assert told in said(dates(late))
    assert told not in said(dates([happened("identity_requested", "2026-07-01")]))


def test_an_open_question_is_told_and_an_answered_one_that_came_too_late_beside_it() -> None:
    events = [
        happened("clarification_requested", "2026-06-02"),
        happened("identity_requested", "2026-07-02"),
        happened("identity_received", "2026-07-03"),
    ]
    told = said(dates(events))
    assert ("question of 2026-06-02 not answered", STANDS_STILL) in told
    assert ("identity_requested on 2026-07-02, after the last day", "too late: no effect") in told


def test_an_acknowledgement_and_an_appeal_are_told_with_the_day_they_are_counted_from() -> None:
    found = dates(regime="us_ca_ccpa", timezone="America/Los_Angeles")
    assert ("10 working days from 2026-06-01", "2026-06-15") in said(found)
    appeals = [happened("appeal_received", "2026-08-03"), happened("appeal_received", "2026-08-10")]
    told = said(dates(appeals, regime="us_co", timezone="America/Denver"))
    assert ("45 days from the appeal of 2026-08-03", "2026-09-17") in told
    assert ("45 days and 60 days from 2026-08-03", "2026-11-16") in told
    told = said(dates(appeals, regime="us_ut", timezone="America/Denver"))
    assert ("received 2026-08-03", "this law names no period for an appeal") in told


def test_every_void_notice_says_why() -> None:
    def why(day: str, regime: str = "eu_gdpr", **length: int) -> tuple[str, str]:
        found = dates([happened("extension_notified", day, **length)], regime=regime)
        return next(step for step in said(found) if step[0].startswith("extension"))

    assert why("2026-07-02", months=2) == (
        "extension by 2 months notified on 2026-07-02, due by 2026-07-01",
        "late notice: no effect",
    )
    assert why("2026-06-10", months=3) == (
        "extension by 3 months notified on 2026-06-10, at most 2 months",
        "too long: no effect",
    )
    assert why("2026-06-10", "ch_fadp") == (
        "extension by no named length notified on 2026-06-10",
        "it names no new date: no effect",
    )
    assert why("2026-06-10", "br_lgpd", days=5) == (
        "extension notified on 2026-06-10",
        "no extension: void",
    )
    later = [
        happened("extension_notified", "2026-06-10"),
        happened("extension_notified", "2026-06-11"),
    ]
    told = [step for step in said(dates(later)) if step[0].startswith("again")]
    assert told == [("again notified on 2026-06-11", "one extension only: no effect")]


def test_a_law_without_a_number_says_so_and_an_uncapped_extension_names_no_date() -> None:
    told = said(dates(regime="jp_appi"))
    assert told[-1] == ("period for the reply", "the law names no number")
    told = said(dates(regime="ch_fadp"))
    expected = (
        "no extension notified; notice possible by 2026-07-01",
        "a date the notice must name",
    )
    assert expected in told


def test_a_regional_holiday_is_named_with_its_day_also_behind_a_sunday() -> None:
    for received, day in (("2026-12-06", "2027-01-06"), ("2024-12-05", "2025-01-06")):
        at = f"{received}T10:00:00+01:00"
        bavaria = dates(received=at, calendar=calendar_of("DE", "BY"))
        told = next(step for step in bavaria.explanation if step.rule == "Regional holiday")
        assert told.input == f"{day} Epiphany"
