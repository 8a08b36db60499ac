"""What holds for every receipt and every series of questions, whatever the law."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from dsar.domain.calendar import months_after
from dsar.domain.clock import ClockEvent, ClockEventType
from dsar.services.law.calendars import calendar_of
from dsar.services.law.regimes import known
from tests.domain.clocks import BERLIN, asked, dates

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
        events.append(
            ClockEvent(ClockEventType.APPEAL_RECEIVED, events[-1].at if events else received)
        )
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
