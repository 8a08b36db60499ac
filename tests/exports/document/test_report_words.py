"""Every value the domain can bring has its words in the report, and no word of it is idle."""

import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dsar.domain import coverage
from dsar.domain.clock import StepKind
from dsar.domain.decision import NOT_PORTABLE
from dsar.domain.policy import ON_HOLD, Basis, Origin
from dsar.domain.records import Done
from dsar.domain.regimes.grounds import NOT_THIS_PERSON
from dsar.domain.rights import Right
from dsar.services.law.regimes import known, load
from exports import manifest, verify
from templates import FOLDER
from tests.exports import reading, samples

ROOT = Path(__file__).parents[3]
ENGLISH = samples.words("en")


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("right", Right),
        ("title", Right),
        ("nothing_held", Right),
        ("coverage_outcome", coverage.Outcome),
        ("basis", Basis),
        ("basis_article", Basis),
        ("origin", Origin),
        ("done_result", Done),
        ("derivation", StepKind),
    ],
)
def test_whatever_the_domain_can_say_has_words(section: str, values: Any) -> None:
    assert set(ENGLISH[section]) == set(values)


def test_every_ground_that_a_law_names_has_plain_words() -> None:
    """And those of the engine; else a report in another language would show the English key."""
    named = {ground for law in known() for ground in load(law).refusal.grounds}
    named |= {NOT_PORTABLE.name, ON_HOLD.ground, NOT_THIS_PERSON}
    assert "rights_of_others" in named
    assert named - set(ENGLISH["ground"]) == set()


def test_outcomes_are_named_as_the_console_names_them() -> None:
    assert ENGLISH["coverage_outcome"] == {key.value: text for key, text in coverage.WORDS.items()}


#: Sections whose keys come from the domain's values, not from a template.
BY_VALUE = {
    "right",
    "title",
    "outcome",
    "outcome_copy",
    "outcome_portability",
    "nothing_held",
    "coverage_outcome",
    "basis",
    "basis_article",
    "origin",
    "done_result",
    "derivation",
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
        f'w\\.say\\("{section}", "{key}"',
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
        for section, keys in ENGLISH.sections.items()
        if section not in BY_VALUE
        for key in keys
        if not said_somewhere(section, key, texts)
    ]
    assert idle == []


def test_a_report_in_a_language_nobody_translated_is_built_in_english(tmp_path: Path) -> None:
    path = samples.built(samples.access(words=samples.words("sv")), tmp_path)
    assert verify(path) == []
    with zipfile.ZipFile(path) as bundle:
        assert json.loads(bundle.read("manifest.json"))["language"] == "en"
        assert '<html lang="en">' in bundle.read("START-HERE.html").decode()


def test_a_german_report_is_german(tmp_path: Path) -> None:
    path = samples.built(samples.access(words=samples.words("de")), tmp_path)
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
    monkeypatch.setattr(manifest, "_layout_hash", manifest._layout_hash.__wrapped__)
    as_it_is = manifest.templates_hash(ENGLISH)
    monkeypatch.undo()
    assert as_it_is == manifest.templates_hash(ENGLISH)
    assert as_it_is != manifest.templates_hash(samples.words("de"))
    assert as_it_is != manifest.templates_hash(replace(ENGLISH, sha256="another word"))
    assert as_it_is != manifest.templates_hash(replace(ENGLISH, locale="en-US"))
