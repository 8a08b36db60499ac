"""A right is one row; whatever else must be decided about it is named here until it is."""

import tomllib
from collections.abc import Callable, Collection, Iterator

import pytest

from dsar.config.settings import ReviewSettings
from dsar.domain.decision import BY_RIGHT
from dsar.domain.lifecycle import ENDS, State, reachable
from dsar.domain.rights import ACTING, COPYING, RIGHTS, Right
from dsar.sdk import VERBS
from dsar.services.law import regimes
from dsar.web.console import words
from templates import FOLDER

Decided = Callable[[], Iterator[tuple[str, Collection[str]]]]


def engine() -> Iterator[tuple[str, Collection[str]]]:
    yield "a row in domain.rights.RIGHTS", RIGHTS
    yield "a function in domain.decision.BY_RIGHT", BY_RIGHT
    yield "a field in config.settings.ReviewSettings", ReviewSettings.model_fields
    yield "words in web.console.words.RIGHTS", words.RIGHTS


def languages() -> Iterator[tuple[str, Collection[str]]]:
    files = {"letters.toml": ("right",), "report.toml": ("right", "rights", "title")}
    for folder in sorted(path for path in (FOLDER / "words").iterdir() if path.is_dir()):
        for file, sections in files.items():
            said = tomllib.loads((folder / file).read_text())
            for section in sections:
                yield f"[{section}] in words/{folder.name}/{file}", said[section]


def laws() -> Iterator[tuple[str, Collection[str]]]:
    for name in regimes.known():
        yield f"a period in {name}", regimes.load(name).rights()


def undecided(right: str, *where: Decided) -> list[str]:
    """What is missing for a right, each thing with the place it belongs."""
    return [place for each in where for place, decided in each() if right not in decided]


@pytest.mark.parametrize("right", Right)
def test_all_that_a_right_needs_is_decided(right: Right) -> None:
    assert undecided(right, engine, languages, laws) == []


def test_a_right_about_which_nothing_is_decided_is_told_all_it_needs() -> None:
    missing = undecided("to_be_forgotten_in_print", engine, languages, laws)
    assert {"a row in domain.rights.RIGHTS", "[title] in words/de/report.toml"} <= set(missing)
    assert "[right] in words/en/letters.toml" in missing
    assert "a period in eu_gdpr" in missing


@pytest.mark.parametrize("regime", regimes.known())
def test_no_law_lets_a_withdrawal_of_consent_be_refused(regime: str) -> None:
    [firm] = [right for right in Right if not right.spec.refusable]
    assert firm is Right.CONSENT_WITHDRAWAL
    assert not regimes.load(regime).refusal.of(firm, None)


@pytest.mark.parametrize("right", Right)
def test_what_a_row_says_fits_together(right: Right) -> None:
    spec = right.spec
    assert spec.verb in {*VERBS, "find"}
    assert spec.article.startswith("Art. ")
    assert not (spec.acts and spec.handed)  # what is changed is not handed over as well
    assert spec.acts or spec.handed  # a right that leads to neither would answer nothing
    assert not spec.restricts_at_once or spec.acts
    assert not spec.whole_record or spec.acts
    assert spec.approval == "staff" or not spec.decided_by_person


@pytest.mark.parametrize("right", Right)
def test_a_ticket_goes_the_way_its_row_says(right: Right) -> None:
    there = reachable(right)
    assert (State.ACTING in there) is right.spec.acts
    assert (State.REFUSED in there) is right.spec.refusable
    assert there >= ENDS - {State.REFUSED}


def test_the_sets_of_rights_are_drawn_from_the_rows() -> None:
    assert {Right.ACCESS, Right.PORTABILITY} == COPYING
    assert set(Right) - COPYING - {Right.AUTOMATED_DECISION_REVIEW} == ACTING


def test_contested_accuracy_and_objection_restrict_at_once() -> None:
    restricting = {right for right in Right if right.spec.restricts_at_once}
    assert restricting == {Right.RECTIFICATION, Right.OBJECTION}


def test_the_settings_leave_approval_to_whom_the_row_says() -> None:
    review = ReviewSettings()
    assert {right: getattr(review, right) for right in Right} == {
        right: right.spec.approval for right in Right
    }
