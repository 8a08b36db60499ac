"""Every letter can be read by whoever gets it, and none leaves without what it must say."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from dsar.domain.controller import Authority, Controller
from dsar.domain.lifecycle import letters
from templates import FOLDER

ENGLISH = FOLDER / "letters" / "en"
KINDS = sorted(path.stem for path in ENGLISH.glob("*.txt"))

#: Letters that no transition owes: they go out on arrival or when data is stopped at once.
AT_ONCE = {"received", "restricted_at_once", "stopped_at_once"}

CONTEXT: dict[str, Any] = {
    "controller": Controller(
        name="Fenwick & Lind Software GmbH",
        address="Kranichdamm 4, 10115 Berlin",
        email="privacy@fenwick-lind.example",
        country="DE",
        authority=Authority("The authority"),
        phone="+49 30 23125 700",
        officer="Dr. Marlene Osterkamp",
    ),
    "reference": "R-2026-0042",
    "right_title": "a copy of your data",
    "received_on": date(2026, 11, 2),
    "due_on": date(2026, 12, 2),
    "reasons": ["The first reason.", "The <second> & last reason."],
    "complaint": "You can complain to the authority.",
    "remedy": "You can go to court.",
    "gaps": ["Web logs could not be read.", "Two invoices are kept."],
    "deadline_words": "You hear from us by 2 December 2026.",
}


def rendered(kind: str, *, trim: bool = False, **changes: Any) -> str:
    context = {name: value for name, value in {**CONTEXT, **changes}.items() if value is not ...}
    environment = Environment(
        loader=FileSystemLoader(ENGLISH),
        undefined=StrictUndefined,
        trim_blocks=trim,
        lstrip_blocks=trim,
        autoescape=False,
    )
    return environment.get_template(f"{kind}.txt").render(context)


def test_there_is_a_letter_for_every_transition_that_owes_one_and_no_other() -> None:
    assert set(KINDS) == letters() | AT_ONCE


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_names_subject_reference_right_and_controller(kind: str) -> None:
    text = rendered(kind)
    subject, empty, *_ = text.split("\n")
    assert subject.startswith("Subject: ")
    assert "R-2026-0042" in subject
    assert empty == ""
    for word in ("a copy of your data", "2 November 2026", "Fenwick & Lind", "privacy@fenwick"):
        assert word in text, word


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_shows_no_trace_of_its_template(kind: str) -> None:
    for link in (..., "", "https://example.org/r/1"):
        text = rendered(kind, link=link)
        assert "\n\n\n" not in text
        assert not any(sign in text for sign in ("{", "}", "None"))
        assert text == rendered(kind, link=link, trim=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_is_shown_where_there_is_one(kind: str) -> None:
    shows = "link" in Path(ENGLISH / f"{kind}.txt").read_text(encoding="utf-8")
    assert ("https://example.org/r/1" in rendered(kind, link="https://example.org/r/1")) is shows


@pytest.mark.parametrize("kind", ["refused", "extended", "partly_delivered", "lapsed", "ask_fee"])
@pytest.mark.parametrize("member", ["complaint", "remedy"])
@pytest.mark.parametrize("nothing", [..., ""])
def test_whoever_hears_no_or_not_yet_is_told_how_to_complain(
    kind: str, member: str, nothing: Any
) -> None:
    assert CONTEXT[member] in rendered(kind)
    with pytest.raises(UndefinedError):
        rendered(kind, **{member: nothing})


@pytest.mark.parametrize(
    "kind",
    ["refused", "extended", "partly_delivered", "ask_identity", "ask_clarification", "ask_fee"],
)
@pytest.mark.parametrize("nothing", [..., []])
def test_no_such_letter_goes_out_without_a_reason(kind: str, nothing: Any) -> None:
    assert all(f"\n- {reason}\n" in rendered(kind) for reason in CONTEXT["reasons"])
    with pytest.raises(UndefinedError):
        rendered(kind, reasons=nothing)


@pytest.mark.parametrize("nothing", [..., []])
def test_a_partial_answer_names_its_gaps(nothing: Any) -> None:
    assert all(f"\n- {gap}\n" in rendered("partly_delivered") for gap in CONTEXT["gaps"])
    with pytest.raises(UndefinedError):
        rendered("partly_delivered", gaps=nothing)


def test_an_extension_names_the_new_day() -> None:
    assert "by 2 December 2026 at the latest" in rendered("extended")
    with pytest.raises(UndefinedError):
        rendered("extended", due_on=...)


@pytest.mark.parametrize("kind", ["received", "accepted", "restricted_at_once"])
def test_a_right_without_a_deadline_leaves_no_hole(kind: str) -> None:
    assert CONTEXT["deadline_words"] in rendered(kind)
    without = rendered(kind, deadline_words="", due_on=None)
    assert CONTEXT["deadline_words"] not in without
    assert "\n\n\n" not in without
