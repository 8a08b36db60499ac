"""manual keeps the contract every adapter promises, with a colleague who answers at once."""

import tomllib
from pathlib import Path

import pytest

from dsar.adapters.manual import FILES, Manual, ManualSettings
from dsar.sdk import Adapter, Later, NeedsHuman, registry
from dsar.sdk.desk import Answer
from dsar.sdk.trial_desk import TrialDesk
from tests.adapters.later import KINDS, WORLD, LaterContract, Shelf
from tests.adapters.test_readme import SOURCES


def manual(**changed: object) -> Manual:
    given = {"who": "Ann", "identify": ("email",), "collections": KINDS, "page": 1}
    return Manual(ManualSettings(**{**given, **changed}))  # type: ignore[arg-type]


class TestManual(LaterContract):
    @pytest.fixture
    def adapter(self) -> Adapter:
        source = manual()
        source.desk = TrialDesk(Shelf())
        return source


def test_nobody_is_asked_twice_while_they_think() -> None:
    source = manual()
    source.desk = desk = TrialDesk(lambda _verb, _question: None)
    with pytest.raises(Later, match="Asked Trial on"):
        list(source.find(WORLD.person))
    assert len(desk.asked_for) == 1


def test_a_refusal_is_a_persons_turn() -> None:
    source = manual()
    source.desk = TrialDesk(lambda _verb, _question: Answer(cannot="The key is lost."))
    with pytest.raises(NeedsHuman, match="The key is lost"):
        list(source.find(WORLD.person))


def test_the_second_look_asks_about_what_was_changed_and_else_about_nothing() -> None:
    source = manual()
    source.desk = desk = TrialDesk(Shelf(), again=True)
    assert list(source.find(WORLD.person)) == []
    assert desk.asked_for == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"identify": ()}, "identify"), ({"collections": {FILES.name: KINDS["people"]}}, "files")],
)
def test_what_is_wrong_with_the_settings_is_named(changed: dict[str, object], field: str) -> None:
    [problem] = manual(**changed).check()
    assert field in problem.field


def test_the_source_of_the_readme_works_as_it_stands(tmp_path: Path) -> None:
    [table] = tomllib.loads(SOURCES["manual"]).values()
    kind = registry.adapter(table["adapter"])
    source = kind(registry.settings_from(kind, table, at="sources.cabinet", folder=tmp_path))
    assert source.check() == []
    assert [one.name for one in source.collections()] == ["contracts", "files"]
