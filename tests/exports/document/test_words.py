"""All languages say the same things; every value the domain can bring has its words; no word is idle."""

import re
import shutil
import string
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from dsar.domain import coverage
from dsar.domain.decision import NOT_PORTABLE
from dsar.domain.policy import ON_HOLD, Basis, Origin
from dsar.domain.records import Done
from dsar.domain.rights import Right
from dsar.services.law.regimes import known, load
from exports import verify
from exports.data import manifest
from exports.document.words import UnknownLanguage, languages, words_in
from templates import FOLDER
from tests.exports import reading, samples

ROOT = Path(__file__).parents[2]


def shape(value: Any) -> Any:
    """A table's keys, and of each text the places to be filled."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return len(value)
    return sorted({name for _, name, _, _ in string.Formatter().parse(value) if name})


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_keys_and_places_of_english(language: str) -> None:
    assert shape(words_in(language).sections) == shape(words_in("en").sections)


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("right", Right),
        ("title", Right),
        ("coverage_outcome", coverage.Outcome),
        ("basis", Basis),
        ("basis_article", Basis),
        ("origin", Origin),
        ("done_result", Done),
    ],
)
def test_whatever_the_domain_can_say_has_words(section: str, values: Any) -> None:
    assert set(words_in("en")[section]) == set(values)


def test_every_ground_that_a_law_names_has_plain_words() -> None:
    """And those of the engine; else a report in another language would show the English key."""
    named = {ground for law in known() for ground in load(law).refusal.grounds}
    named |= {NOT_PORTABLE.ground, ON_HOLD.ground}
    assert "rights_of_others" in named
    assert named - set(words_in("en")["ground"]) == set()


def test_outcomes_are_named_as_the_console_names_them() -> None:
    assert words_in("en")["coverage_outcome"] == {
        key.value: text for key, text in coverage.WORDS.items()
    }


#: Sections whose keys come from the domain's values, not from a template.
BY_VALUE = {
    "right",
    "title",
    "outcome",
    "outcome_copy",
    "outcome_portability",
    "coverage_outcome",
    "basis",
    "basis_article",
    "origin",
    "done_result",
    "period",
    "weekday",
    "ground",
    "identifier",
    "rights",
}


def said_somewhere(section: str, key: str, texts: str) -> bool:
    """Whether a template, the viewer or the code asks for this word."""
    spellings = [
        f"w.{section}.{key}\\b",
        f'"{section}"\\]\\["{key}"',
        f'"{key}"',
        f"words\\.{key}\\b",
    ]
    return any(re.search(spelling, texts) for spelling in spellings)


def test_no_word_is_idle() -> None:
    sources = [
        *(FOLDER / "pdf").glob("*.html"),
        *(FOLDER / "bundle").iterdir(),
        *(ROOT / "exports").rglob("*.py"),
    ]
    texts = "\n".join(path.read_text("utf-8") for path in sources if path.is_file())
    idle = [
        f"{section}.{key}"
        for section, keys in words_in("en").sections.items()
        if section not in BY_VALUE
        for key in keys
        if not said_somewhere(section, key.removesuffix("_one"), texts)
    ]
    assert idle == []


@pytest.mark.parametrize(
    ("language", "day", "moment", "number", "period"),
    [
        ("en", "20 November 2026", "20 November 2026, 10:30 (CET)", "12,345", "7 years"),
        ("de", "20. November 2026", "20. November 2026, 10:30 Uhr (CET)", "12.345", "7 Jahre"),
    ],
)
def test_dates_and_numbers_are_written_as_the_language_writes_them(
    language: str, day: str, moment: str, number: str, period: str
) -> None:
    words = words_in(language)
    assert words.date(date(2026, 11, 20)) == words.date("2026-11-20") == day
    assert (
        words.moment(datetime(2026, 11, 20, 9, 30, tzinfo=UTC), timezone="Europe/Berlin") == moment
    )
    assert words.number(12345) == number
    assert words.period("7 years") == period
    assert words.period("1 year") == ("1 year" if language == "en" else "1 Jahr")


@pytest.mark.parametrize(("asked", "got"), [("de-AT", "de"), ("en-GB", "en")])
def test_a_country_s_form_of_a_language_is_written_in_the_language(asked: str, got: str) -> None:
    assert words_in(asked).language == got


def test_a_language_nobody_translated_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(UnknownLanguage, match=r"no words for a report in sv; known are de, en"):
        samples.built(samples.access(language="sv"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_german_report_is_german(tmp_path: Path) -> None:
    import zipfile

    path = samples.built(samples.access(language="de"), tmp_path)
    assert verify(path) == []
    with zipfile.ZipFile(path) as bundle:
        bundle.extract("report.pdf", tmp_path)
        assert '<html lang="de">' in bundle.read("START-HERE.html").decode()
    shown = reading.text(tmp_path / "report.pdf")
    assert "Unsere Antwort in Kürze" in shown
    assert "Seite 1 von" in shown


def test_the_manifest_names_the_wording_a_report_was_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its hash is the same wherever the same templates lie, and another where one word differs."""
    copy = Path(shutil.copytree(FOLDER, tmp_path / "templates"))
    (copy / "pdf" / "left.pyc").write_bytes(b"compiled")
    monkeypatch.setattr(manifest, "FOLDER", copy)
    compute = manifest.templates_hash.__wrapped__
    assert compute() == manifest.templates_hash()
    words = copy / "pdf" / "words" / "de.toml"
    words.write_text(words.read_text("utf-8").replace("Aktenzeichen", "Zeichen"), "utf-8")
    assert compute() != manifest.templates_hash()
