"""An outsider's test is a subclass and two fixtures: pytest gets the rest from an installed dsar."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from dsar.sdk import VERSION
from dsar.sdk.contract import AdapterContract
from dsar.sdk.starters import people

pytest_plugins = ["pytester"]

PROMISES = sum(name.startswith("test_") for name in vars(AdapterContract))
TEST = """
import json
import pytest
from people import People, Settings
from dsar.sdk import Subject
from dsar.sdk.contract import AdapterContract, World

class TestPeople(AdapterContract):
    several_pages = False
    {adapter}

    @pytest.fixture
    def world(self):
        return World(
            Subject.of([("email", "ann@example.com")]),
            {{"people": frozenset({{"1"}})}},
            Subject.of([("email", "bob@example.com")]),
        )

def test_of_their_own():
    assert True
"""
ADAPTER = """
    @pytest.fixture
    def adapter(self, tmp_path):
        rows = [{"id": n, "email": f"{name}@example.com", "name": name}
                for n, name in enumerate(("ann", "bob"), 1)]
        (tmp_path / "people.json").write_text(json.dumps(rows))
        return People(Settings(tmp_path / "people.json"))
"""


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An outsider's folder with an adapter; pytest is run there in a process of its own."""
    source = Path(people.__file__).read_text(encoding="utf-8")
    pytester.makepyfile(people=source, test_people=TEST.format(adapter=ADAPTER))
    pytester.makeini("[pytest]\nstrict = true\naddopts = -p no:randomly\nfilterwarnings = error\n")
    monkeypatch.syspath_prepend(str(pytester.path))
    return pytester


def run(folder: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return folder.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_the_plugin_is_what_pytest_finds_in_an_installed_dsar() -> None:
    (found,) = [one for one in entry_points(group="pytest11") if one.name == "dsar"]
    assert found.value == "dsar.sdk.pytest_plugin"


def test_a_subclass_and_two_fixtures_are_enough(folder: pytest.Pytester) -> None:
    told = run(folder)
    told.stdout.fnmatch_lines([f"dsar contract: {VERSION}"])
    told.assert_outcomes(passed=PROMISES + 1)
    run(folder, "-m", "dsar_contract").assert_outcomes(passed=PROMISES, deselected=1)


def test_a_broken_promise_is_named_in_words_with_what_was_compared(folder: pytest.Pytester) -> None:
    people = folder.path / "people.py"
    people.write_text(people.read_text().replace("in wanted", "in str(wanted)"))
    told = run(folder)
    assert told.ret == pytest.ExitCode.TESTS_FAILED
    text = told.stdout.str()
    assert f"promise of contract {VERSION}" in text
    assert "it finds nothing for nasty identifiers" in text or "much like the persons" in text


def test_a_class_without_its_fixtures_is_told_which(folder: pytest.Pytester) -> None:
    (folder.path / "test_people.py").write_text(TEST.format(adapter=""))
    told = run(folder)
    assert told.ret == pytest.ExitCode.USAGE_ERROR
    assert "TestPeople has no fixture adapter. Add one:" in told.stderr.str()
