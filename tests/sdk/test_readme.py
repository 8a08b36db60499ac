"""The README is true: its files are what `dsar adapter new` writes, its commands run, its tests pass."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dsar.sdk import Limits, contract
from tests.sdk.stranger import commands_in, files_in, run

README = Path(contract.__file__).with_name("README.md")
TEXT = README.read_text(encoding="utf-8")
FILES = files_in(TEXT)
COMMANDS = commands_in(TEXT)


def test_a_new_reader_gets_as_far_as_the_readme_says(tmp_path: Path) -> None:
    new, test, check, *_ = COMMANDS
    run(new, tmp_path)
    for name in ("people.py", "test_people.py"):
        assert (tmp_path / name).read_text(encoding="utf-8") == FILES[name]
    assert "passed" in run(f"{test} -q -p no:cacheprovider", tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    more = " ".join(name for name in FILES if name.startswith("test_") and name != "test_people.py")
    assert len(more.split()) == 4
    told = run(f"python -m pytest -q -p no:cacheprovider {more}", tmp_path)
    assert "passed" in told
    assert "failed" not in told
    told = run(check, tmp_path)
    assert "BROKEN" not in told
    assert told.count("kept") == 6


def test_the_readmes_configuration_answers_a_person_from_intake_to_bundles(tmp_path: Path) -> None:
    for name in ("people.py", "people.json", "sources.toml", "policy.toml", "dsar.toml"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    _, _, _, check, request, ended = COMMANDS
    assert "as declared" in run(check, tmp_path)
    run(request, tmp_path)
    told = run(ended, tmp_path)
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
    lines = [line for line in FILES["club.py"].splitlines() if line.strip()]
    assert len(lines) <= 40
