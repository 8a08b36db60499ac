"""One rule for a language that has no words, and both are known: what was asked, what is spoken."""

from dataclasses import replace

import pytest

from dsar.words import Language, Languages, forms, order, ours


def offering(*tags: str) -> Languages:
    """Languages of these tags, all with English words."""
    english = ours().offered["en"]
    return Languages({tag: replace(english, tag=tag) for tag in tags})


@pytest.mark.parametrize(
    ("asked", "home", "spoken"),
    [
        ("de", "en", "de"),
        ("de-AT", "en", "de"),
        ("DE-at", "en", "de"),
        ("pt-BR", "en", "pt-br"),
        ("pt-PT", "en", "pt"),
        ("zh-Hant-TW", "en", "zh-hant"),
        ("fr", "de", "de"),
        ("fr", "de-CH", "de"),
        ("fr", "sv", "en"),
        ("fr", "en", "en"),
        ("d", "sv", "en"),
    ],
)
def test_who_has_no_words_is_spoken_to_in_the_base_the_controllers_or_english(
    asked: str, home: str, spoken: str
) -> None:
    offered = offering("en", "de", "pt", "pt-br", "zh", "zh-hant")
    assert offered.spoken(asked, home=home).language.tag == spoken
    assert next(tag for tag in order(asked, home) if tag in offered.offered) == spoken


def test_the_order_is_exact_base_controllers_english() -> None:
    assert order("fr-CA", "de-CH") == ("fr-ca", "fr", "de-ch", "de", "en")
    assert order("en", "en") == ("en",)
    assert tuple(forms("zh-Hant-TW")) == ("zh-hant-tw", "zh-hant", "zh")


def test_of_several_languages_the_first_that_is_spoken_counts() -> None:
    offered = offering("en", "de", "it")
    assert offered.spoken("fr", "it-CH", "de", home="en").language.tag == "it"
    assert offered.spoken("fr", "sv", home="de").language.tag == "de"
    assert offered.spoken(home="de").language.tag == "de"


def test_a_form_of_a_language_keeps_its_own_tag_for_what_sources_say() -> None:
    spoken = ours().spoken("de-AT")
    assert (spoken.tag, spoken.language.tag, spoken.as_asked) == ("de-AT", "de", True)
    titles = {"en": "January", "de": "Januar", "de-AT": "Jänner", "fr": "janvier"}
    assert spoken.words("report").of(titles) == "Jänner"
    assert ours().spoken("fr").words("report").of(titles) == "January"


@pytest.mark.parametrize("asked", ["en", "en-US", "de-CH"])
def test_who_is_answered_as_asked_leaves_staff_no_note(asked: str) -> None:
    assert ours().spoken(asked).note == ""


def test_staff_is_told_what_was_asked_and_what_is_spoken() -> None:
    assert ours().spoken("fr", home="de").note == (
        "Asked in French, answered in German: there are no words in French."
    )
    assert ours().spoken("qq").note == (
        "Asked in qq, answered in English: there are no words in qq."
    )


def test_english_is_among_ours_and_each_is_called_as_its_folder() -> None:
    offered = ours().offered
    assert {"de", "en"} <= offered.keys()
    for tag, language in offered.items():
        assert isinstance(language, Language)
        assert tag == language.tag == language.folder.name == tag.lower()
