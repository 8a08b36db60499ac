"""Every letter of ours can be read by whoever gets it, and none leaves without what it must say."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dsar.domain.controller import Authority, Controller
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.letters import facts, house_wording, samples
from dsar.services.letters.wording import DEMANDED, KINDS, TEXTS, FactMissing, Wording, Wordings
from dsar.services.letters.words import article
from dsar.services.letters.write import parts, tidy
from dsar.words import ours

CONTROLLER = Controller(
    name="Fenwick & Lind Software GmbH",
    address="Kranichdamm 4, 10115 Berlin",
    email="privacy@fenwick-lind.example",
    country="DE",
    authority=Authority("The authority"),
    phone="+49 30 23125 700",
    officer="Dr. Marlene Osterkamp",
)
OURSELVES = Wordings()
LANGUAGES = tuple(ours().offered)
EVERY = [(language, kind) for language in LANGUAGES for kind in sorted(KINDS)]
FOREIGN = [language for language in LANGUAGES if language != "en"]

#: English that stands in our English letters or in what fills them, and in no other language.
ENGLISH = re.compile(
    r"\b(the|your|you|we|request|data|kind regards|good day|about|with|record|records|until|law|and"
    r"|answer|court|complain|January|March|May|October|December)\b",
    re.IGNORECASE,
)
#: What the pieces of our letters name beside facts: nothing.
TAG = re.compile(r"{%-?\s*(.*?)\s*-?%}|{{\s*(.*?)\s*}}")


def wording(language: str, kind: str) -> Wording:
    found = next(iter(OURSELVES.choices(kind, language)))
    assert isinstance(found, Wording)
    assert found.language == language
    return found


def sample(language: str, **changes: Any) -> dict[str, Any]:
    right, regime = changes.pop("asked", Right.ACCESS), changes.pop("regime", "eu_gdpr")
    words = OURSELVES.words_in(language)
    return {**samples.facts(words, CONTROLLER, right=right, regime=regime), **changes}


def said(language: str, kind: str, **changes: Any) -> str:
    return tidy(wording(language, kind).say(sample(language, **changes)))


def named(language: str, kind: str) -> set[str]:
    return {part for tag in TAG.findall(wording(language, kind).source) for part in tag if part}


def test_every_language_has_every_letter_and_nothing_else() -> None:
    wanted = {f"{kind}.txt" for kind in KINDS}
    for language in ours().offered.values():
        assert {path.name for path in (language.folder / TEXTS).iterdir()} == wanted


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_a_letter_names_the_same_facts_in_every_language(language: str, kind: str) -> None:
    assert named(language, kind) == named("en", kind)


@pytest.mark.parametrize(("language", "kind"), EVERY)
@pytest.mark.parametrize("right", Right)
def test_every_letter_is_written_for_every_right(language: str, kind: str, right: Right) -> None:
    text = said(language, kind, asked=right)
    subject, body = parts(text)
    assert "R-00000-00000-1" in subject
    assert len(subject) < 80
    for word in (OURSELVES.words_in(language)["right"][right], "Fenwick & Lind", "privacy@fenwick"):
        assert word in body, word


@pytest.mark.parametrize(("language", "kind"), EVERY)
@pytest.mark.parametrize("link", ["", "https://example.org/r/2"])
def test_a_letter_shows_no_trace_of_its_template(language: str, kind: str, link: str) -> None:
    text = said(language, kind, link=link)
    assert "\n\n\n" not in text
    assert not any(sign in text for sign in ("{", "}", "None", "True", "['"))
    assert ("https://" in text) is (bool(link) and "{{ link }}" in wording(language, kind).source)


@pytest.mark.parametrize("language", FOREIGN)
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("regime", ["eu_gdpr", "ch_fadp"])
def test_no_english_is_left_in_another_language(language: str, kind: str, regime: str) -> None:
    facts_ = sample(
        language, regime=regime, deadline_words=OURSELVES.words_in(language)["deadline"]["none"]
    )
    text = wording(language, kind).say(facts_)
    assert ENGLISH.findall(text) == []
    assert ENGLISH.search(said("en", kind))


@pytest.mark.parametrize(
    ("kind", "fact"), [(k, fact) for k, all_ in DEMANDED.items() for fact in all_]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_goes_out_without_what_the_law_demands(
    language: str, kind: str, fact: str
) -> None:
    """Whoever hears no or not yet is told why, since when, and where to complain."""
    full = sample(language)
    values = full[fact] if isinstance(full[fact], list) else [full[fact]]
    assert all(value in said(language, kind) for value in values)
    for nothing in ([], [""], ["", *values]) if isinstance(full[fact], list) else ("",):
        with pytest.raises(FactMissing, match=fact):
            said(language, kind, **{fact: nothing})


@pytest.mark.parametrize(("language", "kind"), EVERY)
def test_our_own_letters_pass_what_the_houses_must(language: str, kind: str) -> None:
    house_wording.try_out(wording(language, kind), OURSELVES.words_in(language), CONTROLLER)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["received", "accepted", "restricted_at_once"])
def test_a_right_without_a_deadline_leaves_no_hole(language: str, kind: str) -> None:
    words = OURSELVES.words_in(language)["deadline"]["none"]
    assert words in said(language, kind, deadline_words=words)
    assert words not in said(language, kind, deadline_words="", due_on="")


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_are_written_as_in_the_report(language: str) -> None:
    day, report = date(2026, 3, 2), ours().spoken(language).words("report")
    assert OURSELVES.words_in(language).date(day) == report.date(day)


def test_a_german_letter_has_german_dates_and_citations() -> None:
    text = said("de", "refused")
    assert "vom 2. März 2026" in text
    assert "Art. 77 DSGVO" in text
    assert "GDPR" not in text
    words = OURSELVES.words_in("de")
    assert article(words, "eu_gdpr", Right.ACCESS) == "Art. 15 DSGVO"
    assert article(words, "eu_gdpr", Right.CONSENT_WITHDRAWAL) == "Art. 7 Abs. 3 DSGVO"
    assert article(words, "us_ca_ccpa", Right.ACCESS) == ""


@pytest.mark.parametrize("right", Right)
def test_an_english_article_is_the_one_of_the_table(right: Right) -> None:
    words = OURSELVES.words_in("en")
    assert article(words, "eu_gdpr", right) == f"{right.spec.article} GDPR"


@pytest.mark.parametrize("regime", sorted(regimes.known()))
@pytest.mark.parametrize("language", FOREIGN)
def test_every_law_says_in_every_language_where_to_complain(language: str, regime: str) -> None:
    """With the same days and the same articles as in English."""
    law, there = regimes.load(regime), OURSELVES.words_in(language)["complaint"][regime]
    assert there.keys() == {"body", "text"}
    for english, other in (
        (law.complaint.body, there["body"]),
        (law.complaint.text, there["text"]),
    ):
        assert re.findall(r"\d+", english) == re.findall(r"\d+", other)
        assert english != other


@pytest.mark.parametrize("regime", ["eu_gdpr", "ch_fadp"])
@pytest.mark.parametrize("language", FOREIGN)
def test_the_grounds_of_the_laws_at_home_are_cited_in_the_language(
    language: str, regime: str
) -> None:
    law, there = regimes.load(regime), OURSELVES.words_in(language)["ground"][regime]
    english = {name: one.text for name, one in law.refusal.grounds.items()}
    english |= law.extension_grounds
    assert there.keys() == english.keys()
    for name, text in there.items():
        assert re.findall(r"\d+", english[name])[:2] == re.findall(r"\d+", text)[:2], name


def test_a_signature_leaves_out_what_is_not_known() -> None:
    law, words = regimes.load("eu_gdpr"), OURSELVES.words_in("en")
    without = facts.standing(words, replace(CONTROLLER, phone="", officer=""), law, Right.ACCESS)
    assert str(without["signature"]).split("\n") == [
        "Fenwick & Lind Software GmbH", "Kranichdamm 4, 10115 Berlin", "privacy@fenwick-lind.example",
    ]  # fmt: skip
