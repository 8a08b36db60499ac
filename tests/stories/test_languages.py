"""Whoever asks in a language we do not speak is answered all the same, and staff knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.letters.previews import checked
from dsar.services.runtime.installation import reading
from dsar.services.upkeep.doctor import CHECKS, Trouble
from dsar.services.views import tickets
from dsar.services.views.json_values import as_json
from dsar.store.tickets import by_ref
from dsar.words import FOLDER, ours
from tests.company import BEN, BY_HAND, Company, company
from tests.stories import languages
from tests.stories.bundles import everything, members, report


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    database = tmp_path / "dsar.sqlite"
    database.write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{database}", review=BY_HAND) as made:
        yield made


def configured(one: Company, before: str, after: str) -> None:
    file = one.folder / "dsar.toml"
    file.write_text(file.read_text().replace(before, after))
    one.reopen()


def with_languages(one: Company) -> Path:
    """The folder for languages of the company's own, which it has named in its configuration."""
    folder = one.folder / "wording" / "languages"
    folder.mkdir(parents=True)
    configured(one, "[review]", '[wording]\nlanguages = "wording/languages"\n[review]')
    return folder


def answered(one: Company, language: str, right: Right = Right.ACCESS) -> str:
    """A ticket from intake to its end, asked in a language."""
    ref = one.ask(right, language=language)
    one.work()
    one.act(ref, Event.APPROVE)
    one.work(render=True)
    assert one.state(ref) == "ready"
    one.act(ref, Event.DELIVER, reason="")
    return ref


def letters(one: Company, ref: str) -> Any:
    with reading(one.installation) as session:
        return as_json(tickets.letters_view(session, BEN, by_ref(session, ref)))


@pytest.mark.parametrize(
    ("home", "spoken", "name", "said"),
    [
        ("en", "en", "English", "Our answer in short"),
        ("de-CH", "de", "German", "Unsere Antwort in Kürze"),
    ],
)
def test_a_request_in_french_ends_with_letters_and_a_bundle_in_the_controllers_language(
    one: Company, home: str, spoken: str, name: str, said: str
) -> None:
    configured(one, 'country = "SE"', f'country = "SE"\nlanguage = "{home}"')
    ref = answered(one, "fr-CA")
    assert f'<html lang="{spoken}">' in everything(one.bundle(ref))
    assert said in report(one.bundle(ref))
    assert {letter["language"] for letter in letters(one, ref)} == {spoken}
    note = one.view(ref)["language"]["note"]
    assert note == (
        f"Asked in French (Canada), answered in {name}: there are no words in French (Canada)."
    )
    assert all(f"written in {name}" in letter["note"] for letter in letters(one, ref))


def test_who_says_no_language_is_answered_in_the_controllers(one: Company) -> None:
    configured(one, 'country = "SE"', 'country = "SE"\nlanguage = "de"')
    ref = one.ask(Right.ACCESS)
    assert one.view(ref)["language"] == {"asked": "de", "answered": "de", "note": ""}


def test_a_language_made_by_the_pages_list_gets_through_a_request(one: Company) -> None:
    law = regimes.load("eu_gdpr").complaint
    place = with_languages(one) / "qtz"
    languages.lay(place, complaint={"eu_gdpr": {"body": law.body, "text": law.text}})
    one.reopen()
    assert one.installation.languages.faults == ()
    assert [row["fault"] for row in checked(one.installation) if row["fault"]] == []
    ref = answered(one, "qtz-XX")
    assert one.view(ref)["language"] == {"asked": "qtz-XX", "answered": "qtz-XX", "note": ""}
    page = members(one.bundle(ref))["START-HERE.html"].decode()
    assert '<html lang="qtz">' in page
    assert "Óúr ánswér ín shórt" in page
    assert "Óúr ánswér ín shórt" in report(one.bundle(ref))
    assert english_in(page) == []
    for letter in letters(one, ref):
        assert letter["language"] == "qtz"
        assert letter["note"] == ""
        assert "Góód dáý" in letter["text"]
        assert english_in(letter["text"]) == []


def test_english_would_be_seen(one: Company) -> None:
    """What the test above looks for is there where it should be."""
    ref = one.ask(Right.ACCESS)
    text = "\n".join(letter["text"] for letter in letters(one, ref))
    shown = ours().offered["en"].words("report")["section"]["answer"]
    assert english_in(shown) == ["Our answer in short"]
    assert languages.strange(text) != text


def english_in(text: str) -> list[str]:
    """Words of ours in English that stand in a text, but for those that are in no language."""
    english = ours().offered["en"].words("report", "letters")
    said = (
        word
        for keys in english.sections.values()
        for word in keys.values()
        if isinstance(word, str) and "{" not in word and len(word.split()) > 2
    )
    return [word for word in said if word in text and languages.strange(word) != word]


def test_what_a_language_lacks_is_named_and_it_is_not_offered(one: Company) -> None:
    place = with_languages(one) / "qtz"
    languages.lay(place, complaint={})
    (place / "report.toml").unlink()
    one.reopen()
    with pytest.raises(Trouble) as wrong:
        CHECKS["letters"](one.installation)
    [why] = wrong.value.why
    assert why == (
        "wording/languages/qtz/report.toml: is missing. "
        "Translate templates/words/en/report.toml there."
    )
    ref = one.ask(Right.ACCESS, language="qtz")
    assert one.view(ref)["language"]["answered"] == "en"


def test_a_letter_that_a_language_lacks_is_written_in_the_next_and_named(one: Company) -> None:
    place = with_languages(one) / "qtz"
    languages.lay(place, complaint={})
    (place / "letters" / "received.txt").unlink()
    refused = place / "letters" / "refused.txt"
    refused.write_text(refused.read_text("utf-8").replace("{{ remedy }}", ""), "utf-8")
    one.reopen()
    faults = [row["fault"] for row in checked(one.installation) if row["fault"]]
    assert len(faults) == 2
    assert any("templates/words/en/letters/received.txt" in fault for fault in faults)
    assert any("The law demands remedy" in fault for fault in faults)
    ref = one.ask(Right.ACCESS, language="qtz")
    [received] = [one_ for one_ in letters(one, ref) if one_["kind"] == "received"]
    assert received["language"] == "en"
    assert received["note"].startswith("Asked in qtz, written in English")


def test_single_words_of_ours_are_said_the_houses_way(one: Company) -> None:
    place = with_languages(one) / "de"
    place.mkdir()
    (place / "report.toml").write_text('[section]\nanswer = "Kurz gesagt"\n', "utf-8")
    one.reopen()
    ref = answered(one, "de")
    shown = report(one.bundle(ref))
    assert "Kurz gesagt" in shown
    assert "Unsere Antwort in Kürze" not in shown
    assert "Worum Sie gebeten haben, und wann" in shown


def test_a_folder_of_languages_that_is_not_there_keeps_the_house_shut(one: Company) -> None:
    file = one.folder / "dsar.toml"
    file.write_text(file.read_text() + '\n[wording]\nlanguages = "nowhere"\n')
    with pytest.raises(BadInput, match=r"wording\.languages: nowhere is no folder"):
        one.open()


def test_the_page_lists_all_that_english_has() -> None:
    there = {f"{path.name}/" if path.is_dir() else path.name for path in (FOLDER / "en").iterdir()}
    assert sorted(languages.needed()) == sorted(there)
