"""Adapters written for the contract as it was first published run unchanged: their tests, and a request."""

from pathlib import Path

import pytest

from tests.sdk.stranger import files_in, run
from tests.sdk.test_readme import FILES as TODAY
from tests.sdk.test_readme import command

FROZEN = files_in(Path(__file__).with_name("adapters_of_1_0.md").read_text(encoding="utf-8"))
TESTS = sorted(name for name in FROZEN if name.startswith("test_"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The stranger's folder, as it was left."""
    for name, text in FROZEN.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_they_keep_every_promise_of_todays_contract(folder: Path) -> None:
    assert len(TESTS) == 5
    told = run(f"python -m pytest -q -p no:cacheprovider {' '.join(TESTS)}", folder)
    assert "passed" in told
    assert "failed" not in told
    assert "BROKEN" not in run("dsar adapter check members --sources sources.toml", folder)


def test_one_of_them_answers_a_person_from_intake_to_bundles(folder: Path) -> None:
    for name in ("policy.toml", "dsar.toml"):
        (folder / name).write_text(TODAY[name], encoding="utf-8")
    run(command("dsar request new"), folder)
    told = run(command("dsar ticket list"), folder)
    assert told.count(" fulfilled ") == 2, told
    assert (folder / "people.json").read_text(encoding="utf-8") == "[]"
