"""The day an answer is due is explained to the person in the report's language, whatever the law."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.clock import ClockEvent, ClockEventType, Dates, DerivationStep, StepKind
from dsar.services.law.regimes import known
from dsar.words import ours
from exports.document import derivation
from tests.domain.clocks import asked, dates
from tests.domain.test_clock_properties import QUESTIONS, RECEIPTS
from tests.exports import samples


def step(kind: StepKind | None = None, **facts: str) -> DerivationStep:
    return DerivationStep("GDPR Art. 12(3)", "in staff's words", "2026-03-02", kind, facts)


@pytest.mark.parametrize(
    ("kind", "facts", "language", "told"),
    [
        (StepKind.PERIOD, {"term": "1 month", "start": "2026-02-02"}, "en", "1 month from 2 February 2026: until 2 March 2026"),
        (StepKind.PERIOD, {"term": "20 working days", "start": "2026-02-02"}, "de", "20 Arbeitstage ab dem 2. Februar 2026: bis zum 2. März 2026"),
        (StepKind.ROLLED, {"day": "2026-02-28", "why": "Saturday"}, "de", "Der 28. Februar 2026 ist kein Arbeitstag (Samstag): bis zum 2. März 2026"),
        (StepKind.ROLLED, {"day": "2026-04-03", "why": "Karfreitag"}, "en", "3 April 2026 is no working day (Karfreitag): until 2 March 2026"),
        (
            StepKind.PAUSED, {"asked": "2026-02-03", "answered": "2026-02-10", "days": "7"}, "en",
            "Not counted: 7 days between our question of 3 February 2026 and your answer of 10 February 2026; until 2 March 2026",
        ),
    ],
)  # fmt: skip
def test_a_step_is_a_sentence_of_the_language(
    kind: StepKind, facts: dict[str, str], language: str, told: str
) -> None:
    moved = step(kind, **facts, result="2026-03-02")
    assert derivation.told([moved], samples.words(language)) == [told]


def test_what_staff_alone_needs_is_not_told() -> None:
    assert derivation.told([step()], samples.words("en")) == []


@given(RECEIPTS, QUESTIONS, st.sampled_from(known()))
def test_the_steps_are_the_same_once_stored(
    received: datetime, questions: list[tuple[str, int, int]], regime: str
) -> None:
    found = dates(asked(questions, received), regime=regime, received=received)
    stored = json.loads(json.dumps(found.as_json()))["explanation"]
    assert tuple(map(DerivationStep.of, stored)) == found.explanation


def last(found: Dates, language: str) -> str:
    return derivation.told(found.explanation, samples.words(language))[-1]


@given(RECEIPTS, QUESTIONS, st.sampled_from(known()), st.booleans())
def test_the_last_sentence_ends_on_the_day_that_counts(
    received: datetime, questions: list[tuple[str, int, int]], regime: str, extended: bool
) -> None:
    events = asked(questions, received)
    if extended:
        at = max([received.date() + timedelta(days=5), *(event.at for event in events)])
        events.append(ClockEvent(ClockEventType.EXTENSION_NOTIFIED, at, days=30))
    found = dates(events, regime=regime, received=received)
    if found.effective_due is None or found.waiting_for:
        return
    for language in ours().offered:
        words = samples.words(language)
        assert words.date(found.effective_due) in last(found, language)
        for sentence in derivation.told(found.explanation, words):
            assert not re.search(r"\d{4}-\d\d|[{}_]|GDPR|Art\.", sentence)


def test_an_extension_is_told_with_the_day_it_was_told_on() -> None:
    received = datetime(2026, 1, 15, tzinfo=UTC)
    notice = ClockEvent(
        ClockEventType.EXTENSION_NOTIFIED, datetime(2026, 2, 2, tzinfo=UTC), months=2
    )
    assert last(dates([notice], received=received), "en") == (
        "Extended by 2 months, as we told you on 2 February 2026: until 15 April 2026"
    )
