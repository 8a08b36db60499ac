"""The history is told in sentences: no kind of entry without one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event, grounds
from dsar.services.desk.supplement import Begun
from dsar.services.law import regimes
from dsar.services.views.tickets import JournalView
from dsar.web.console.sentences import SENTENCES, moment
from tests.web.examples import entry

SERVICES = Path(__file__).parents[3] / "dsar/services"
GDPR = regimes.load("eu_gdpr")


def written_events() -> Iterator[str]:
    """Every event some service writes into the journal under a name of its own."""
    for path in SERVICES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("journal.append"):
                values = [word.value for word in node.keywords if word.arg == "event"]
                yield from (value.value for value in values if isinstance(value, ast.Constant))
    yield from Begun


def test_every_event_of_the_lifecycle_has_a_sentence() -> None:
    assert set(Event) <= set(SENTENCES)


def test_every_other_entry_a_service_writes_has_a_sentence() -> None:
    found = set(written_events())
    assert "received" in found
    assert found <= set(SENTENCES)


@pytest.mark.parametrize("event", list(SENTENCES))
def test_an_entry_without_any_data_can_still_be_told(event: str) -> None:
    said = moment(entry(event), GDPR).sentence
    assert said.endswith(".")
    assert "{" not in said


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            entry("received", channel="desk", regime="eu_gdpr", due="2026-12-22"),
            "ana took the request in (desk) under EU GDPR; due 22 Dec 2026.",
        ),
        (
            entry("received", channel="mail", regime="eu_gdpr", due=None),
            "ana took the request in (mail) under EU GDPR; no due day.",
        ),
        (
            entry("task_stuck", "system:engine", task="search", source="shop", attempts=5),
            "The search in shop got stuck after 5 attempts and waits for a person.",
        ),
        (entry("accept", "system:engine"), "dsar accepted the request."),
        (
            entry("revise", rulings=["support.messages=withhold:rights_of_others", "a.b=keep:"]),
            "ana ruled on what was in doubt: support.messages=withhold:rights_of_others, a.b=keep.",
        ),
        (
            entry("alert", "system:engine", alert="three_days", day="2026-12-22"),
            "Three days are left; due 22 Dec 2026.",
        ),
        (
            entry("alert", "system:engine", alert="overdue", day="2026-12-25"),
            "Overdue on 25 Dec 2026.",
        ),
        (entry("bundle_built", number=2, bytes=86_500), "Bundle 2 was built (86.5 kB)."),
        (entry("later_invention"), "ana: later invention."),
    ],
)
def test_an_entry_is_told_in_one_sentence(told: JournalView, sentence: str) -> None:
    assert moment(told, GDPR).sentence == sentence


def test_an_entry_names_the_provision_it_rests_on() -> None:
    refused = entry("refuse", ground="refusal_exempt", because="refusal_excessive")
    assert moment(refused, GDPR).ground == GDPR.citation("refusal_excessive")
    assert all(moment(entry("accept", ground=ground), GDPR).ground for ground in grounds())


def test_a_ground_the_law_no_longer_knows_is_left_out() -> None:
    assert moment(entry("accept", ground="of_old"), GDPR).ground == ""


def test_what_a_person_did_is_told_apart_from_what_the_engine_did() -> None:
    assert moment(entry("accept"), GDPR).mine
    assert not moment(entry("accept", "system:engine"), GDPR).mine
