"""`dsar letter`: the wording of letters is tried and looked at before a person gets one."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

OWN = "Nein ({{ reference }})\n\n{{ reasons | join }}\n{{ complaint }}\n{{ remedy }}\n"


@pytest.fixture
def own(dsar: Cli) -> Path:
    """A German refusal of the company's own."""
    file = dsar.folder / "wording" / "de" / "refused.txt"
    file.parent.mkdir(parents=True)
    file.write_text(OWN)
    config = dsar.folder / "dsar.toml"
    config.write_text(config.read_text() + '\n[wording]\nletters = "wording"\n')
    return file


def test_without_own_letters_check_says_that_ours_are_sent(dsar: Cli) -> None:
    said = dsar("letter", "check")
    assert said.code == 0
    assert "ours are sent" in said.out
    assert dsar("letter", "check", "--json").json == []


def test_check_lists_what_is_well(dsar: Cli, own: Path) -> None:
    said = dsar("letter", "check", "--json")
    assert said.code == 0
    [row] = said.json
    assert (row["file"], row["kind"], row["fault"]) == ("wording/de/refused.txt", "refused", "")


def test_check_names_file_line_and_mend_and_ends_with_1(dsar: Cli, own: Path) -> None:
    own.write_text(OWN.replace("{{ remedy }}", "{{ remdy }}"))
    said = dsar("letter", "check")
    assert said.code == 1
    assert "wording/de/refused.txt, line 5" in said.out
    assert "remdy is no fact. Facts are answer, " in said.out


def test_preview_writes_the_houses_own_letter_of_invented_facts(dsar: Cli, own: Path) -> None:
    said = dsar("letter", "preview", "refused", "--language", "de", "--json")
    assert said.code == 0
    assert said.json["own"]
    assert said.json["subject"] == "Nein (R-00000-00000-1)"
    assert "Hier steht, was als Grund angegeben wurde." in said.json["text"]


def test_preview_shows_ours_where_the_own_is_at_fault_and_says_why(dsar: Cli, own: Path) -> None:
    own.write_text(OWN.replace("{{ remedy }}", ""))
    said = dsar("letter", "preview", "refused", "--language", "de")
    assert said.code == 1
    assert said.out.startswith("Unsere Antwort auf Ihren Antrag (R-00000-00000-1)\n\nGuten Tag,")
    assert "line 4: The law demands remedy" in said.err


def test_preview_speaks_of_the_right_that_is_named(dsar: Cli) -> None:
    said = dsar("letter", "preview", "received", "--right", "portability")
    assert "a portable copy of your data" in said.out
    assert "2 March 2026" in said.out


def test_source_prints_our_text_with_its_tags(dsar: Cli, own: Path) -> None:
    said = dsar("letter", "source", "refused", "--language", "de")
    assert said.out.startswith("Unsere Antwort auf Ihren Antrag ({{ reference }})\n\n")


@pytest.mark.parametrize("command", ["preview", "source"])
def test_what_is_no_letter_is_refused_with_all_there_are(dsar: Cli, command: str) -> None:
    said = dsar("letter", command, "goodbye")
    assert said.code == 2
    assert "there is no such letter. Give one of: accepted, " in said.refusal


def test_a_tickets_letters_say_to_staff_how_they_were_written(dsar: Cli, own: Path) -> None:
    own.with_name("received.txt").write_text("Eingang\n\n{{ nothing }}\n")
    made = dsar("request", "new", "--right", "access", "--identifier", "email=lotta@mail.example",
                "--language", "de", "--json").json  # fmt: skip
    said = dsar("ticket", "letters", made["tickets"][0]["ref"])
    assert said.out.startswith(
        "Not in our own wording: wording/de/received.txt, line 3: nothing is"
    )
    assert "Guten Tag," in said.out
