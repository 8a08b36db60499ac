"""What must be true first, and the sentence that says what is missing."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from dsar.domain.conditions import CONDITIONS, Facts, unmet
from dsar.domain.rights import Right

TODAY = date(2026, 3, 2)
NOTHING = Facts(Right.ACCESS, TODAY)

#: For each condition: facts that meet it, facts that do not, and words of the sentence.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "identified": ({"identifiers": 1}, {"identifiers": 0}, "no identifier"),
    "its_turn": ({}, {"waits_for": ("R-1",)}, "R-1"),
    "decided": ({"decided": True}, {}, "not been applied"),
    "some_asked": ({"some_asked": True}, {}, "No source was asked"),
    "somebody_found": ({"found_anybody": True}, {}, "nothing is held"),
    "nobody_found": ({}, {"found_anybody": True}, "hand that over"),
    "no_doubt": ({}, {"doubts": ("shop.customers: 1 records, matched by name only",)}, "by name"),
    "all_closed": ({}, {"open_lines": ("Shop",)}, "Shop"),
    "all_proven": ({}, {"unproven_lines": ("Web logs",)}, "Web logs"),
    "not_all_proven": ({"unproven_lines": ("Shop",)}, {}, "as fulfilled"),
    "may_be_refused": ({}, {"right": Right.CONSENT_WITHDRAWAL}, "cannot be refused"),
    "reasoned": ({"reason": "because"}, {"reason": " \t"}, "Give the reason"),
    "ground_for_refusal": (
        {"ground": "excessive", "refusal_grounds": frozenset({"excessive"})},
        {"ground": "dislike", "refusal_grounds": frozenset({"excessive"})},
        "excessive",
    ),
    "decision_maker": ({"decision_maker": "ben"}, {}, "a machine may not"),
    "in_time": ({"extension_notice_by": TODAY}, {}, "knows no extension"),
}


def test_every_condition_is_shown_here() -> None:
    assert set(CASES) == set(CONDITIONS)


@pytest.mark.parametrize("name", CASES)
def test_a_condition_holds_or_says_what_stands_in_the_way(name: str) -> None:
    met, missing, words = CASES[name]
    assert unmet((name,), replace(NOTHING, **met)) == ()
    (sentence,) = unmet((name,), replace(NOTHING, **missing))
    assert words in sentence
    assert sentence.endswith(".")


def test_an_open_line_is_not_proven_either() -> None:
    assert "Shop" in unmet(("all_proven",), replace(NOTHING, open_lines=("Shop",)))[0]


def test_an_objection_to_marketing_alone_cannot_be_refused_any_other_can() -> None:
    objection = replace(NOTHING, right=Right.OBJECTION)
    assert unmet(("may_be_refused",), objection) == ()
    assert unmet(("may_be_refused",), replace(objection, marketing_only=True))


def test_an_extension_is_told_on_the_last_day_at_the_latest() -> None:
    due = replace(NOTHING, extension_notice_by=TODAY)
    assert unmet(("in_time",), due) == ()
    late = replace(due, today=TODAY + timedelta(days=1))
    assert "2026-03-02; a late one has no effect" in unmet(("in_time",), late)[0]


def test_there_is_one_extension_only() -> None:
    again = replace(NOTHING, extension_notice_by=TODAY, extended=True)
    assert "extended before" in unmet(("in_time",), again)[0]


def test_everything_that_stands_in_the_way_is_said_at_once() -> None:
    assert len(unmet(("decided", "reasoned", "no_doubt"), NOTHING)) == 2
