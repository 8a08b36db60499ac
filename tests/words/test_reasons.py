"""Every code has words in every language for both readers, and staff's never reach the person."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.coverage import why_kept
from dsar.domain.reasons import ADAPTER, SEAM, TOLD, Reason, told
from dsar.services.law import regimes
from dsar.services.letters.person import Person
from dsar.services.letters.reason_words import for_staff
from dsar.services.letters.wording import Wordings
from dsar.words import ours
from dsar.words.catalogue import braced, texts
from tests.services.letters.conftest import CONTROLLER

ROOT = Path(__file__).parents[2]
LANGUAGES = sorted(ours().offered)
ENGLISH = ours().offered["en"].part("reasons").sections
CODES = sorted(ENGLISH["staff"])
#: Every parameter any words name, with a value of its kind.
PARAMS: dict[str, Any] = {
    "count": 3,
    "kinds": ["email", "customer_number"],
    "words": {"en": "Tax law.", "de": "Steuerrecht."},
    "field": {"en": "Note", "de": "Notiz"},
    "ground": "rights_of_others",
    "why": Reason("no_start"),
    "ref": "R-00000-00000",
    "place": "shop.customers",
    "error": "ValueError",
    "title": "CRM",
    "verb": "object_to",
    "total": 5,
    "collection": "customers",
    "size": 17,
    "source": "shop",
    "period": "10 minutes",
    "at": "2026-03-01 09:30",
    "since": "2026-03-01 09:30",
}
#: A sentence of somebody who writes for staff.
FOR_STAFF = "Look into /var/lib/crm, then run crm-repair."


def person(language: str) -> Person:
    spoken = ours().spoken(language)
    return Person.of(spoken, Wordings().words_to(spoken), regimes.load("eu_gdpr"), CONTROLLER)


def places(word: Any) -> set[str]:
    return {name for text in texts(word) for name in braced(text) or ()}


def given(*packages: str) -> Iterator[tuple[str, str]]:
    """Each code that stands in our own code, or in some packages of it, with the place."""
    for package in packages or ("dsar", "workers", "exports"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield from ((code, f"{path.name}:{node.lineno}") for code in codes_in(node))


def codes_in(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    first = call.args[0] if call.args else None
    if name in {"Reason", "Doubt"} and isinstance(first, ast.Constant):
        yield str(first.value)
    if name in {"NeedsHuman", "Later", "OwnWait", "Receipt"}:
        for keyword in call.keywords:
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                yield str(keyword.value.value)


def test_every_code_that_is_given_has_words_for_staff() -> None:
    missing = {where: code for code, where in given() if code not in CODES}
    assert missing == {}


def test_adapters_say_what_the_seam_knows_and_nothing_that_the_engine_alone_may_say() -> None:
    said = dict(given("dsar/adapters", "dsar/sdk", "dsar/sandbox"))
    assert len(said) > 5
    assert set(said) - SEAM == set()


def test_every_code_with_words_is_given_somewhere() -> None:
    used = {code for code, _ in given()} | SEAM | {ADAPTER, TOLD}
    written = {
        node.value
        for package in ("dsar", "workers")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(CODES) - used - written == set()


def test_the_person_is_told_of_no_code_that_staff_is_not() -> None:
    assert set(ENGLISH["person"]) - {"could_not"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_both_readers_read_something_of_every_code(language: str, code: str) -> None:
    reason = Reason(code, PARAMS)
    staff = for_staff(reason, language=language)
    assert staff
    assert "{" not in staff
    assert person(language).told(reason)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_for_staff_never_reaches_the_person(language: str, code: str) -> None:
    """But that of a source which keeps something is quoted, as its documents say."""
    reason = Reason(code, PARAMS | {"text": FOR_STAFF})
    assert for_staff(reason) == FOR_STAFF
    quoted = code == "source_keeps"
    assert (FOR_STAFF in person(language).told(reason)) is quoted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [told(FOR_STAFF), Reason("nobody_knows"), Reason("adapter")])
def test_a_code_without_words_says_that_it_could_not_be_done_and_whom_to_ask(
    language: str, reason: Reason
) -> None:
    said = person(language).told(reason)
    assert CONTROLLER.email in said
    assert said.startswith({"en": "This could not be done.", "de": "Dies konnte nicht"}[language])


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
@pytest.mark.parametrize("code", sorted(ENGLISH["person"]))
def test_what_the_person_reads_is_in_their_language(language: str, code: str) -> None:
    there = ours().offered[language].part("reasons").sections["person"][code]
    given_alone = code in {"retention", "ruled", "not_done"}
    assert (there == ENGLISH["person"][code]) is given_alone


@pytest.mark.parametrize("code", sorted(SEAM))
def test_what_an_adapter_says_by_a_code_puts_nothing_of_its_own_before_the_person(
    code: str,
) -> None:
    """But the answer of somebody who was told that it may be quoted."""
    allowed = {"words"} if code == "answered_no" else set()
    assert places(ENGLISH["person"].get(code, "")) <= allowed


def test_a_german_reads_ground_and_field_in_german() -> None:
    reason = Reason("ruled_field", {"ground": "rights_of_others", "field": PARAMS["field"]})
    assert person("de").told(reason) == (
        "Art. 15 Abs. 4, Art. 20 Abs. 4 DSGVO: Rechte und Freiheiten anderer Personen (nur: Notiz)"
    )
    assert for_staff(reason, regimes.load("eu_gdpr")).endswith("(only: Note)")


def test_a_kept_row_that_is_older_than_codes_tells_the_person_its_ground_in_their_language() -> (
    None
):
    sentence = "GDPR Art. 15(4), 20(4): rights and freedoms of others (only: Note)"
    row = {"collection": "cases", "count": 1, "ground": "rights_of_others", "because": sentence}
    assert person("de").told(why_kept(row)).endswith("Rechte und Freiheiten anderer Personen")
    assert for_staff(why_kept(row)) == sentence


@pytest.mark.parametrize(
    ("reason", "german"),
    [
        (
            Reason("no_identifier", {"kinds": ["email", "phone"]}),
            "E-Mail-Adresse oder Telefonnummer.",
        ),
        (Reason("no_identifier", {"kinds": ["club_card"]}), "gesucht wird: club card."),
        (Reason("still_there", {"count": 1}), "1 Datensatz war"),
        (Reason("still_there", {"count": 1200}), "1.200 Datensätze waren"),
        (Reason("ruled", {"ground": "never_disclosed"}), "nie herausgegeben."),
        (Reason("ruled", {"ground": "not_this_person"}), "Keine Daten über Sie"),
    ],
)
def test_parameters_are_said_in_german_too(reason: Reason, german: str) -> None:
    assert german in person("de").told(reason)


def test_a_language_without_words_reads_english_rather_than_nothing() -> None:
    assert person("fr-CA").told(Reason("on_hold")) == person("en").told(Reason("on_hold"))
    assert person("de-CH").told(Reason("on_hold")) == person("de").told(Reason("on_hold"))
