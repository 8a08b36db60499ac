"""Grounds belong to the right: only what its law lists against it can be said to the person."""

import pytest

from dsar.domain.regimes import Certainty
from dsar.domain.regimes.grounds import NOT_THIS_PERSON, refusing, ruling
from dsar.domain.rights import Right
from dsar.services.law.regimes import known, load

GDPR = load("eu_gdpr")


@pytest.mark.parametrize("law", known())
@pytest.mark.parametrize("country", ["DE", "GB", "US"])
def test_no_law_knows_a_ground_against_withdrawal_of_consent(law: str, country: str) -> None:
    assert refusing(load(law), Right.CONSENT_WITHDRAWAL, country) == {}


@pytest.mark.parametrize("law", known())
def test_every_ground_says_what_the_answer_must_contain_and_how_sure_we_are(law: str) -> None:
    for ground in load(law).refusal.grounds.values():
        assert ground.rights
        assert ground.answer.endswith(".")
        assert ground.citation
        assert ground.certainty in Certainty


@pytest.mark.parametrize(
    ("right", "ground"),
    [
        (Right.RECTIFICATION, "accurate"),
        (Right.ERASURE, "no_ground_for_erasure"),
        (Right.RESTRICTION, "no_case_of_restriction"),
        (Right.PORTABILITY, "portability_basis"),
        (Right.AUTOMATED_DECISION_REVIEW, "not_solely_automated"),
        (Right.ACCESS, "not_identifiable"),
        (Right.ACCESS, "refusal_abusive"),
        (Right.OBJECTION, "objection_compelling"),
    ],
)
def test_the_one_normal_reason_against_each_right_is_there(right: Right, ground: str) -> None:
    assert ground in refusing(GDPR, right, "FR")


def test_a_ground_of_one_right_stands_against_no_other() -> None:
    assert "erasure_public_health" in refusing(GDPR, Right.ERASURE, "FR")
    assert "erasure_public_health" not in refusing(GDPR, Right.ACCESS, "FR")
    assert "trade_secret" not in refusing(GDPR, Right.ERASURE, "FR")


def test_a_restriction_of_german_law_is_for_controllers_in_germany() -> None:
    assert "bdsg_35_2" in refusing(GDPR, Right.ERASURE, "DE")
    assert "bdsg_35_2" not in refusing(GDPR, Right.ERASURE, "FR")


@pytest.mark.parametrize("right", list(Right))
def test_a_record_of_somebody_else_can_always_be_left_out_by_a_ruling(right: Right) -> None:
    """No refusal: no right of the person reaches what is not about them."""
    assert NOT_THIS_PERSON in ruling(GDPR, right, "FR")
    assert NOT_THIS_PERSON not in refusing(GDPR, right, "FR")


@pytest.mark.parametrize("law", known())
@pytest.mark.parametrize("right", [r for r in Right if r is not Right.CONSENT_WITHDRAWAL])
def test_a_right_that_a_law_does_not_know_can_be_refused_as_such(law: str, right: Right) -> None:
    for rule in load(law).rules_for(right):
        if rule.note.startswith("No right of this name"):
            assert "no_such_right" in refusing(load(law), right, "US")
