"""All that English says is said in every language we offer, and nothing that nobody asks for."""

import re
from collections.abc import Iterator

import pytest

import templates
from dsar.sdk import VERBS
from dsar.words import FREE, MODEL, catalogue, ours, parts
from dsar.words.languages import Language

ENGLISH = ours().offered[MODEL]
PARTS = parts()
FOREIGN = [language for tag, language in ours().offered.items() if tag != MODEL]


def test_the_parts_are_those_that_are_asked_for() -> None:
    assert {"language", "report", "answers", "letters", "laws"} <= set(PARTS)


@pytest.mark.parametrize("language", FOREIGN, ids=lambda language: language.tag)
def test_a_language_has_the_files_of_english(language: Language) -> None:
    assert tuple(sorted(file.stem for file in language.folder.glob("*.toml"))) == PARTS


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", ours().offered.values(), ids=lambda language: language.tag)
def test_a_language_has_every_word_of_english_with_its_places_and_plurals(
    language: Language, part: str
) -> None:
    given, model = (one.part(part).sections for one in (language, ENGLISH))
    catalogue.check(given, model, f"{language.tag}/{part}.toml", locale=language.locale, free=FREE)
    assert all(text.strip() for text in catalogue.texts(given))


def asked(folder: str) -> Iterator[tuple[str, str]]:
    for file in (templates.FOLDER / folder).glob("*.html"):
        yield from re.findall(r"\bw\.(\w+)\.(\w+)", file.read_text(encoding="utf-8"))


def test_the_pages_for_answers_ask_for_the_words_there_are() -> None:
    words = ENGLISH.words("answers")
    assert set(words["page"]) == {key for section, key in asked("answers") if section == "page"}
    assert {done for all_ in VERBS.values() for done in all_} | {"gone", "still"} <= set(
        words["result"]
    )
