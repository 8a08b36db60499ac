"""What the pages for answers say, in each language they speak: `templates/answers/words`."""

import tomllib
from collections.abc import Mapping
from functools import cache

import templates

Words = Mapping[str, str]

LANGUAGES = ("en", "de")


@cache
def words(language: str) -> Words:
    """The words of one language."""
    file = templates.FOLDER / "answers" / "words" / f"{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def spoken(accept_language: str) -> Words:
    """The words in the first language asked for that we speak, else in English."""
    for part in accept_language.lower().split(","):
        tag = part.partition(";")[0].strip().partition("-")[0]
        if tag in LANGUAGES:
            return words(tag)
    return words(LANGUAGES[0])
