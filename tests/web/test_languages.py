"""What a browser asks for, in the order of how much it wants it."""

import pytest

from dsar.web.languages import accepted
from dsar.words import ours


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", ()),
        ("de", ("de",)),
        ("fr-FR, de;q=0.8, en;q=0.9", ("fr-FR", "en", "de")),
        ("*, de;q=0.5", ("de",)),
        ("de;q=0, en", ("en",)),
        ("de;q=x, ;q=1, en;q=nan, it ; q=0.3", ("it",)),
    ],
)
def test_languages_come_by_their_weight(header: str, tags: tuple[str, ...]) -> None:
    assert accepted(header) == tags


def test_no_header_is_long_enough_to_cost_anything() -> None:
    assert len(accepted(",".join(["de"] * 10_000))) == 20


@pytest.mark.parametrize(
    ("asked", "home", "language"),
    [
        ("", "en", "en"),
        ("", "de", "de"),
        ("fr", "en", "en"),
        ("fr", "de", "de"),
        ("fr-FR, de;q=0.8, en;q=0.7", "en", "de"),
        ("EN-gb", "de", "en"),
    ],
)
def test_the_first_language_we_speak_is_taken_else_the_controllers(
    asked: str, home: str, language: str
) -> None:
    assert ours().spoken(*accepted(asked), home=home).language.tag == language
