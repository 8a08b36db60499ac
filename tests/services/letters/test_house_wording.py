"""The house's own letters replace ours, are held to the same law, and their faults name the place."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.rights import Right
from dsar.services.letters import house_wording, samples
from dsar.services.letters.wording import DEMANDED, TEXTS, Wording, Wordings
from dsar.services.letters.words import PARTS
from dsar.words import FOLDER, Words
from tests.services.letters.conftest import CONTROLLER, Lay

REFUSED = """No ({{ reference }})

Dear Sir or Madam,

{{ reasons | join("; ") }}

{{ complaint }}
{{ remedy }}
"""
WORDS = "".join((FOLDER / "en" / f"{part}.toml").read_text("utf-8") for part in PARTS)


def write(laid: Wordings, kind: str, language: str, **changes: Any) -> Any:
    def facts(words: Words) -> dict[str, Any]:
        return {**samples.facts(words, CONTROLLER), **changes}

    return laid.write(kind, language, facts)


def only_fault(laid: Wordings) -> str:
    assert len(laid.faults) == 1, laid.faults
    return str(laid.faults[0])


def test_an_own_letter_replaces_ours_in_its_language_alone(lay: Lay) -> None:
    laid = lay({"en/refused.txt": REFUSED})
    assert laid.faults == ()
    made = write(laid, "refused", "en")
    assert made.text.startswith("No (R-00000-00000-1)")
    assert made.wording.own
    assert made.fault == ""
    assert made.wording.sha256 == hashlib.sha256(REFUSED.encode()).hexdigest()
    assert not write(laid, "refused", "de").wording.own
    assert not write(laid, "received", "en").wording.own


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("de-AT", "de"), ("DE", "de"), ("fr", "en"), ("pt-BR", "en"), ("en-GB", "en-GB")],
)
def test_a_language_without_letters_is_answered_in_its_base_language_or_english(
    lay: Lay, asked: str, spoken: str
) -> None:
    laid = lay({"en-GB/refused.txt": REFUSED, "en-GB/words.toml": WORDS})
    assert write(laid, "refused", asked).wording.language == spoken


@pytest.mark.parametrize(("kind", "fact"), [(k, f) for k, all_ in DEMANDED.items() for f in all_])
@pytest.mark.parametrize("how", ["left out", "behind an if", "changed", "in a comment"])
def test_an_own_letter_says_what_the_law_demands_or_is_refused_by_its_line(
    lay: Lay, kind: str, fact: str, how: str
) -> None:
    said = {one: f'{{{{ {one} | join(" ") }}}}' if one in {"reasons", "gaps"} else f"{{{{ {one} }}}}"
            for one in DEMANDED[kind]}  # fmt: skip
    changed = (
        f"{{{{ {fact} | upper }}}}"
        if "|" not in said[fact]
        else (f"{{% for one in {fact} %}}{{{{ one | upper }}}}{{% endfor %}}")
    )
    hidden = {"left out": "", "changed": changed, "in a comment": f"{{# {said[fact]} #}}",
              "behind an if": f"{{% if link %}}{said[fact]}{{% endif %}}"}[how]  # fmt: skip
    body = "\n".join(hidden if one == fact else text for one, text in said.items())
    whole = "A subject\n\n" + "\n".join(said.values()) + "\n"
    assert lay({f"en/{kind}.txt": whole}).faults == ()
    laid = lay({f"en/{kind}.txt": f"A subject\n\n{body}\nGood bye\n"})
    line = 2 + len(said) if how == "left out" else 3 + list(said).index(fact)
    place = re.escape(f"letters/en/{kind}.txt, line ")
    assert re.match(rf"{place}\d+: The law demands {fact} in every letter", only_fault(laid))
    if how != "left out":
        assert f"line {line}: " in only_fault(laid)
    assert not write(laid, kind, "en").wording.own


def test_an_own_letter_at_fault_is_not_used_and_says_so(lay: Lay) -> None:
    made = write(lay({"de/refused.txt": "Nein\n\n{{ reason }}\n"}), "refused", "de")
    assert not made.wording.own
    assert made.wording.language == "de"
    assert made.fault.startswith("letters/de/refused.txt, line 3: reason is no fact. Facts are ")


def test_an_own_letter_that_fails_with_real_facts_gives_way_to_ours_and_says_so(lay: Lay) -> None:
    """It hides its reasons for one right, on a condition no sample could foresee: no phone."""
    text = REFUSED.replace(
        '{{ reasons | join("; ") }}',
        '{% if controller.url %}{{ reasons | join("; ") }}{% endif %}{{ reasons | join("; ") }}',
    ).replace("{{ remedy }}", "{% if controller.url %}{% else %}{{ remedy }}{% endif %}")
    laid = lay({"en/refused.txt": text})
    assert laid.faults == ()
    who = {
        **samples.facts(laid.words_in("en"), CONTROLLER)["controller"],
        "url": "https://x.example",
    }  # type: ignore[dict-item]
    made = write(laid, "refused", "en", controller=who)
    assert not made.wording.own
    assert made.fault == "letters/en/refused.txt does not say remedy."
    assert "does not fit" not in made.text


def test_an_own_letter_that_becomes_too_long_gives_way_to_ours(lay: Lay) -> None:
    laid = lay({"en/refused.txt": REFUSED + "{{ reference }}" * 1000})
    assert laid.faults == ()
    made = write(laid, "refused", "en", reference="R" * 2000)
    assert not made.wording.own
    assert "signs at most" in made.fault


def test_where_a_fact_is_missing_neither_wording_is_written(lay: Lay) -> None:
    with pytest.raises(NotAllowed, match="The letter refused must not leave without its reasons"):
        write(lay({"en/refused.txt": REFUSED}), "refused", "en", reasons=[])


def test_a_language_of_the_houses_needs_its_words(lay: Lay) -> None:
    laid = lay({"fr/refused.txt": REFUSED})
    assert (
        "letters/fr/words.toml: is missing. Translate templates/words/en/letters.toml, "
        in only_fault(laid)
    )
    made = write(laid, "refused", "fr")
    assert made.wording.language == "en"
    assert made.fault == only_fault(laid)


def test_a_language_of_the_houses_writes_its_own_dates(lay: Lay) -> None:
    text = REFUSED.replace("Dear Sir or Madam", "Bonjour, le {{ received_on }}")
    laid = lay({"fr/refused.txt": text, "fr/words.toml": WORDS})
    assert laid.faults == ()
    assert "Bonjour, le 2 mars 2026" in write(laid, "refused", "fr-CA").text


def test_a_form_of_a_language_we_have_needs_no_words_and_writes_dates_its_way(lay: Lay) -> None:
    laid = lay({"en-US/refused.txt": REFUSED + "{{ received_on }}\n"})
    assert laid.faults == ()
    assert "\nMarch 2, 2026\n" in write(laid, "refused", "en-us").text


def test_words_laid_for_an_earlier_version_are_read_as_they_were_meant(lay: Lay) -> None:
    """It had months, one text for one record and one for several, and our reasons said again."""
    once = (
        re.sub(
            r"(?m)^(record|file)\.(one|other)",
            lambda m: m[1] + ("s" if m[2] == "other" else ""),
            WORDS,
        )
        .replace("{count} record:", "1 record:")
        .replace("{count} file:", "1 file:")
    )
    known = once.replace("[gap]\n", '[gap]\nonly = "{because} ({field})"\n')
    said = '[said]\n"{count} records were still there." = "{count} restent."\n'
    whole = f'[format]\ndate = "{{day}} {{month}}"\nmonths = ["a"]\n\n{known}\n{said}'
    one = '[format]\ndate = "{day}"\n[gap]\nrecords = "{source}, {count} Posten: {because}"\n'
    laid = lay({"fr/refused.txt": REFUSED, "fr/words.toml": whole, "de/words.toml": one})
    assert laid.faults == ()
    put = {"source": "A", "because": "b"}
    assert laid.words_in("fr").say("gap", "record", count=1, **put) == "A, 1 record: b"
    assert laid.words_in("fr").say("gap", "file", count=2, **put) == "A, 2 files: b"
    assert laid.words_in("de").say("gap", "record", count=1, **put) == "A, 1 Datensatz: b"
    assert laid.words_in("de").say("gap", "record", count=2, **put) == "A, 2 Posten: b"


def test_single_words_of_ours_can_be_replaced(lay: Lay) -> None:
    laid = lay({"de/words.toml": '[right]\naccess = "Ihre Auskunft"\n'})
    assert laid.faults == ()
    made = write(laid, "refused", "de")
    assert "Es geht um: Ihre Auskunft." in made.text
    assert made.words.sha256 != Wordings().words_in("de").sha256


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (
            '[right]\naces = "x"\n',
            "letters/de/words.toml, right.aces: is no word that is asked for.",
        ),
        ('[gap]\nuntil = "{day}"\n', "gap.until: does not have the same names in braces."),
        ('[gap]\nuntil = "{because.__class__} {day}"\n', "the same names in braces."),
        ('[gap]\nuntil = "{because} {day:>9999999}"\n', "the same names in braces."),
        ('[gap]\nuntil = "{because} {day!r}"\n', "the same names in braces."),
        ('[gap]\nuntil = "{because} {day"\n', "the same names in braces."),
        ("[gap]\nuntil = 12\n", "gap.until: is no text."),
        ('[gap]\nrecord = ["a", "b"]\n', "gap.record: has not a form for each plural."),
        ('[other]\nx = "y"\n', "other.x: is no word that is asked for."),
        ('right = "x"\n', "right: is no section."),
        ("[right\n", "cannot be read: "),
    ],
)
def test_words_at_fault_are_refused_by_name_and_ours_are_used(
    lay: Lay, words: str, problem: str
) -> None:
    laid = lay({"de/words.toml": words})
    assert problem in only_fault(laid)
    assert "Es geht um: Auskunft über Ihre Daten." in write(laid, "refused", "de").text


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("de/refusd.txt", "letters/de/refusd.txt: is no letter. Letters are accepted.txt, "),
        ("de/refused.html", "letters/de/refused.html: is no letter."),
        ("refused.txt", "letters/refused.txt: is no folder of a language."),
        ("../letters/d e/refused.txt", "letters/d e: is no folder of a language."),
    ],
)
def test_what_is_no_letter_is_named(lay: Lay, name: str, problem: str) -> None:
    assert problem in only_fault(lay({name: REFUSED}))


def test_hidden_files_are_left_alone(lay: Lay) -> None:
    laid = lay({".git/config": "x", "de/.refused.txt.swp": "x", "de/refused.txt": REFUSED})
    assert laid.faults == ()


def test_a_file_as_an_editor_on_windows_saves_it_is_read(lay: Lay, tmp_path: Path) -> None:
    file = tmp_path / "letters" / "en" / "refused.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xef\xbb\xbf" + REFUSED.replace("\n", "\r\n").encode())
    laid = lay({})
    assert laid.faults == ()
    assert write(laid, "refused", "en").text.startswith("No (")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [(b"\xff\xfe", "is not UTF-8. Save it"), (b"x" * 20_001, "The file is too long")],
)
def test_a_file_that_cannot_be_read_is_a_fault(
    lay: Lay, tmp_path: Path, raw: bytes, problem: str
) -> None:
    file = tmp_path / "letters" / "en" / "refused.txt"
    file.parent.mkdir(parents=True)
    file.write_bytes(raw)
    assert problem in only_fault(lay({}))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"wording\.letters: letters is no folder"):
        house_wording.load(Wordings(), tmp_path / "letters", CONTROLLER, name="letters")


@pytest.mark.parametrize("kind", sorted(DEMANDED))
def test_our_text_is_well_as_an_own_letter(lay: Lay, kind: str) -> None:
    laid = lay({f"{language}/{kind}.txt": (FOLDER / language / TEXTS / f"{kind}.txt").read_text("utf-8")
                for language in ("de", "en")})  # fmt: skip
    assert laid.faults == ()
    assert all(isinstance(one, Wording) for one in laid.own.values())
    assert write(laid, kind, "de", right=dict.fromkeys(Right, False)).wording.own
