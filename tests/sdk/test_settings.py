"""Settings are read strictly: whatever is wrong is named by its place, with the mend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dsar.domain.errors import BadInput
from dsar.sdk.settings import Location, Words, build


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Wheel:
    SHORT: ClassVar[str] = "label"

    label: Words
    spokes: int = 32


@dataclass(frozen=True)
class Bicycle:
    frame: str
    price: float = 1.0
    colour: Colour = Colour.RED
    bell: bool = False
    from_: str = "here"
    gears: tuple[int, ...] = ()
    wheels: Mapping[str, Wheel] = field(default_factory=dict)
    mask: str | int | None = None
    note: Any = None
    folder: Path = Path()
    url: Location = ""


def read(**given: Any) -> Bicycle:
    return build(Bicycle, {"frame": "steel", **given}, at="sources.shed", folder=Path("/conf"))


def test_every_kind_of_value_arrives_as_its_type() -> None:
    bicycle = read(
        price=3,
        colour="blue",
        bell=True,
        gears=[1, 2],
        wheels={"front": "Front", "rear": {"label": {"de": "Hinten"}, "spokes": 36}},
        mask=0,
        note=[1, {"a": None}],
        folder="data",
        url="sqlite:///shed.sqlite",
        **{"from": "there"},
    )
    assert bicycle == Bicycle(
        "steel",
        3,
        Colour.BLUE,
        bell=True,
        from_="there",
        gears=(1, 2),
        wheels={"front": Wheel({"en": "Front"}), "rear": Wheel({"de": "Hinten"}, 36)},
        mask=0,
        note=[1, {"a": None}],
        folder=Path("/conf/data"),
        url="sqlite:////conf/shed.sqlite",
    )


def test_one_value_stands_for_a_list_of_one() -> None:
    assert read(gears=7).gears == (7,)


@pytest.mark.parametrize("url", ["sqlite:////abs/x.db", "sqlite:///:memory:", "postgresql://h/db"])
def test_a_url_without_a_relative_file_stays_as_it_is(url: str) -> None:
    assert read(url=url).url == url


@pytest.mark.parametrize(
    ("given", "place", "problem"),
    [
        ({"brakes": 2}, "sources.shed.brakes", "is not a setting."),
        ({"frame": 7}, "sources.shed.frame", "is a whole number, not text."),
        ({"bell": "yes"}, "sources.shed.bell", "is text, not true or false."),
        ({"price": "dear"}, "sources.shed.price", "is text, not a number."),
        ({"price": True}, "sources.shed.price", "is true or false, not a number."),
        ({"gears": [1, "two"]}, "sources.shed.gears", "is text, not a whole number."),
        ({"gears": 1.5}, "sources.shed.gears", "is a number, not a whole number."),
        ({"colour": "green"}, "sources.shed.colour", "is none of the choices."),
        ({"wheels": ["front"]}, "sources.shed.wheels", "is a list, not a table."),
        ({"wheels": {"a": 1}}, "sources.shed.wheels.a", "is a whole number, not a table."),
        ({"wheels": {"a": {"spokes": 1}}}, "sources.shed.wheels.a.label", "is missing."),
        ({"wheels": {"a": {"label": {"de": 1}}}}, "sources.shed.wheels.a.label.de", "is a whole"),
        ({"mask": [1]}, "sources.shed.mask", "is a list, not a whole number."),
    ],
)
def test_what_is_wrong_is_named_by_its_place(
    given: dict[str, Any], place: str, problem: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read(**given)
    assert refused.value.field == place
    assert refused.value.problem.startswith(problem)
    assert refused.value.mend.endswith(".")


def test_a_missing_setting_and_a_table_that_is_none_are_named() -> None:
    with pytest.raises(BadInput, match=r"sources\.shed\.frame: is missing\. Add frame = …"):
        build(Bicycle, {}, at="sources.shed")
    with pytest.raises(BadInput, match=r"sources\.shed: is a list, not a table\."):
        build(Bicycle, [], at="sources.shed")


def test_a_secret_comes_from_the_environment_or_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHED_FRAME", "titanium")
    (tmp_path / "frame.txt").write_text("carbon\n")
    assert read(frame={"env": "SHED_FRAME"}).frame == "titanium"
    assert read(frame={"file": str(tmp_path / "frame.txt")}).frame == "carbon"
    assert (
        build(Bicycle, {"frame": {"file": "frame.txt"}}, at="x", folder=tmp_path).frame == "carbon"
    )


def test_a_secret_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHED_FRAME", raising=False)
    with pytest.raises(
        BadInput, match="refers to the environment variable SHED_FRAME, which is not set"
    ):
        read(frame={"env": "SHED_FRAME"})
    with pytest.raises(BadInput, match="refers to the file /nowhere/x, which cannot be read"):
        read(frame={"file": "/nowhere/x"})
    with pytest.raises(BadInput, match="is a table, not text"):
        read(frame={"vault": "x"})
