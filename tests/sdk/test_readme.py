"""The README is true: its files are what `dsar adapter new` writes, its commands run, its tests pass."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dsar.sdk import VERBS, Adapter, Limits, contract, described
from dsar.sdk.verbs import TABLE
from tests.sdk.stranger import commands_in, files_in, run

README = Path(contract.__file__).with_name("README.md")
TEXT = README.read_text(encoding="utf-8")
FILES = files_in(TEXT)
COMMANDS = commands_in(TEXT)


def command(*words: str) -> str:
    """The one command of the README that begins like this."""
    (found,) = [line for line in COMMANDS if line.startswith(" ".join(words))]
    return found


@pytest.mark.parametrize(("name", "option"), [("people", ""), ("club", " --http")])
def test_what_a_new_reader_is_given_is_what_the_readme_shows(
    tmp_path: Path, name: str, option: str
) -> None:
    run(command(f"dsar adapter new {name}{option}"), tmp_path)
    for file in (f"{name}.py", f"test_{name}.py"):
        assert (tmp_path / file).read_text(encoding="utf-8") == FILES[file]
    told = run(f"{command(f'python -m pytest test_{name}.py')} -q -p no:cacheprovider", tmp_path)
    assert "passed" in told


def test_a_new_reader_gets_as_far_as_the_readme_says(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    given = {"test_people.py", "test_club.py"}
    more = sorted(name for name in FILES if name.startswith("test_") and name not in given)
    assert len(more) == 4
    told = run(f"python -m pytest -q -p no:cacheprovider {' '.join(more)}", tmp_path)
    assert "passed" in told
    assert "failed" not in told
    told = run(command("dsar adapter check"), tmp_path)
    assert "BROKEN" not in told
    assert told.count("kept") == 6


def test_the_readmes_configuration_answers_a_person_from_intake_to_bundles(tmp_path: Path) -> None:
    for name in ("people.py", "people.json", "sources.toml", "policy.toml", "dsar.toml"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    assert "as declared" in run(command("dsar source check"), tmp_path)
    run(command("dsar request new"), tmp_path)
    told = run(command("dsar ticket list"), tmp_path)
    assert told.count(" fulfilled ") == 2, told
    assert (tmp_path / "people.json").read_text(encoding="utf-8") == "[]"


@pytest.mark.parametrize(
    "promise", [name for name in vars(contract.AdapterContract) if name.startswith("test_")]
)
def test_every_promise_of_the_contract_stands_in_the_readme(promise: str) -> None:
    assert f"- {promise.removeprefix('test_').replace('_', ' ')}" in TEXT


@pytest.mark.parametrize("limit", fields(Limits), ids=lambda limit: limit.name)
def test_every_limit_stands_in_the_readme_with_its_default(limit: Any) -> None:
    assert f"| `{limit.name}` | {limit.default:,.0f} |" in TEXT


def test_the_first_adapter_has_about_forty_lines() -> None:
    lines = [line for line in FILES["people.py"].splitlines() if line.strip()]
    assert len(lines) <= 48


def test_an_adapter_of_a_system_behind_http_has_at_most_forty_lines() -> None:
    text = FILES["club.py"].partition('"""\n\n')[2]  # behind the line that says what it is
    assert len([line for line in text.splitlines() if line.strip()]) <= 40


def test_the_table_of_verbs_is_drawn_from_the_code() -> None:
    assert f"<!-- verbs -->\n{described.verbs()}\n" in TEXT


def test_every_promise_belongs_to_a_verb_and_every_verb_is_one_of_an_adapter() -> None:
    promises = {name.removeprefix("test_") for name in vars(contract.AdapterContract)}
    named = {promise for verb in TABLE for promise in verb.promises}
    assert named <= promises
    assert {name for name in promises if f"test_{name}" in vars(contract.AdapterContract)} == named
    known = {name for name in vars(Adapter) if not name.startswith("_")} | {*VERBS, "probe"}
    assert {verb.name for verb in TABLE} <= known
    assert set(VERBS) <= {verb.name for verb in TABLE}
    assert {verb.name for verb in TABLE if verb.needed} == set(Adapter.__abstractmethods__)
