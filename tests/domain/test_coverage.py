"""Why something was kept is read from a ledger's line, also from one that is older than codes."""

from datetime import date

import pytest

from dsar.domain.coverage import FILE, kept_row, why_kept
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
