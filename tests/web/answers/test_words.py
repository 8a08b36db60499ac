"""Every word of the pages for answers stands in every language they speak."""

import re

import pytest

import templates
from dsar.web.answers.words import LANGUAGES, spoken, words


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_lacks_a_word(language: str) -> None:
    assert words(language).keys() == words("en").keys()
    assert all(text.strip() for text in words(language).values())


def test_every_word_a_template_asks_for_is_there() -> None:
    folder = templates.FOLDER / "answers"
    asked = {
        name
        for path in folder.glob("*.html")
        for name in re.findall(r"\bw\.(\w+)", path.read_text(encoding="utf-8"))
    }
    assert asked
    assert asked <= set(words("en"))


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "en"), ("fr", "en"), ("de", "de"), ("fr-FR, de;q=0.8, en;q=0.7", "de"), ("EN-gb", "en")],
)
def test_the_first_language_we_speak_is_taken(asked: str, language: str) -> None:
    assert spoken(asked)["lang"] == language
