"""Why something was kept is read from a ledger's line, also from one that is older than codes."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.coverage import (
    FILE,
    UNPROVEN,
    Line,
    Outcome,
    TicketOutcome,
    asked,
    kept_row,
    outcome_of,
    why_kept,
)
from dsar.domain.policy import ON_HOLD
from dsar.domain.reasons import Reason


@pytest.mark.parametrize(
    "because", [Reason("no_start"), Reason("ruled_field", {"ground": "x", "field": {"en": "Note"}})]
)
def test_a_row_gives_back_the_reason_it_was_made_of(because: Reason) -> None:
    row = kept_row("customers", 2, "x", because, until=date(2030, 1, 1), part=FILE)
    assert why_kept(row) == because
    assert (row["until"], row["part"]) == ("2030-01-01", "file")


@pytest.mark.parametrize(
    ("ground", "code"),
    [
        ("source_keeps", "source_keeps"),
        ("not_portable", "not_portable"),
        ("lost_file", "file_unreadable"),
        ("rights_of_others", "ruled"),
        ("legal_claims", "ruled"),
    ],
)
def test_a_sentence_that_is_older_than_codes_is_staffs_and_its_ground_the_persons(
    ground: str, code: str
) -> None:
    row = {"collection": "customers", "count": 1, "ground": ground, "because": "Tax law."}
    because = why_kept(row)
    assert (because.code, because.param("text")) == (code, "Tax law.")
    if code == "ruled":
        assert because.param("ground") == ground


def test_an_older_row_of_a_hold_is_known_once_the_migration_gave_it_its_code() -> None:
    row = {"collection": "customers", "count": 1, "ground": "legal_claims"}
    assert why_kept(row | {"because": {"code": "on_hold"}}) == ON_HOLD.because


LEDGERS = st.lists(
    st.builds(
        Line,
        source=st.just("shop"),
        title=st.just("Shop"),
        outcome=st.sampled_from([one for one in Outcome if one is not Outcome.OPEN]),
        found=st.integers(0, 3),
    )
)


@given(LEDGERS)
def test_nothing_is_held_only_where_nothing_was_found_and_nothing_failed(
    ledger: list[Line],
) -> None:
    failed = any(line.outcome in UNPROVEN for line in ledger)
    held = any(line.found for line in ledger if line.outcome is not Outcome.NOTHING_HELD)
    assert (
        outcome_of(ledger)
        is {
            (True, False): TicketOutcome.FULFILLED,
            (True, True): TicketOutcome.PARTLY_FULFILLED,
            (False, False): TicketOutcome.NOTHING_HELD,
            (False, True): TicketOutcome.NOTHING_FOUND,
        }[held, failed]
    )


def test_a_source_was_asked_once_it_was_searched_or_given_up() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    assert asked(Outcome.OPEN, at)
    assert asked(Outcome.COULD_NOT, None)
    assert not asked(Outcome.OPEN, None)
    assert not asked(Outcome.NOT_ASKED, None)


@given(LEDGERS)
def test_a_supplement_never_says_of_the_whole_that_nothing_is_held(ledger: list[Line]) -> None:
    alone, beside = outcome_of(ledger), outcome_of(ledger, supplements=True)
    nothing = {TicketOutcome.NOTHING_HELD, TicketOutcome.NOTHING_FOUND}
    assert beside is (TicketOutcome.NOTHING_MORE if alone in nothing else alone)
