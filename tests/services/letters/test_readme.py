"""What the README of the letters says is what the engine does; its commands are run."""

import re
import shlex
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from dsar.cli import run
from dsar.services.letters.grammar import LISTS, LONGEST_SOURCE, TABLES, TEXTS
from dsar.services.letters.wording import DEMANDED, KINDS
from dsar.words import FOLDER
from tests.company import company

README = (FOLDER / "LETTERS.md").read_text("utf-8")


def table(heading: str) -> list[list[list[str]]]:
    """The rows of the table under a heading: for each cell what stands in code."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [[re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[1:-1]] for row in rows]


def test_every_fact_is_in_the_table() -> None:
    named = [name for names, _ in table("What a letter may say") for name in names]
    assert sorted(named) == sorted({*TEXTS, *LISTS, *TABLES})


def test_the_controllers_keys_are_in_the_table() -> None:
    [keys] = [words for [name, *_], words in table("What a letter may say") if name == "controller"]
    assert set(keys) == TABLES["controller"]


def test_what_the_law_demands_is_in_the_table() -> None:
    shown = {kind: tuple(facts) for [kind], facts in table("What the law demands")}
    assert shown == DEMANDED


def test_the_number_of_letters_and_their_length_are_the_real_ones() -> None:
    assert len(KINDS) == 17
    assert "seventeen kinds" in README
    assert f"{LONGEST_SOURCE:,} bytes" in README


def test_its_commands_lead_to_a_letter_of_ones_own(
    tmp_path: Path,
    sqlite_tables: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    [settings] = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert tomllib.loads(settings) == {"wording": {"letters": "wording/letters"}}
    database = tmp_path / "dsar.sqlite"
    database.write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{database}") as one:
        config = one.folder / "dsar.toml"
        config.write_text(config.read_text() + settings)
        monkeypatch.chdir(one.folder)
        monkeypatch.setenv("DSAR_CONFIG", "dsar.toml")
        [block] = re.findall(r"```console\n(.*?)\n```", README, re.DOTALL)
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "))
            if words[0] == "mkdir":
                Path(words[-1]).mkdir(parents=True)
            elif ">" in words:
                with Path(words[-1]).open("w") as out, redirect_stdout(out):
                    assert run(words[1 : words.index(">")]) == 0
            else:
                assert run(words[1:]) == 0, capsys.readouterr().err
        shown = capsys.readouterr().out
    assert "Es geht um: Löschung Ihrer Daten." in shown
    assert re.search(r"^wording/letters/de/refused\.txt +[0-9a-f]{12}  well$", shown, re.MULTILINE)
