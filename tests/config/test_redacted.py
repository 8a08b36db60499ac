"""Staff sees how a source is set up, and never a secret of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from dsar.config.redacted import HIDDEN, configured, shown
from dsar.config.sources import load
from dsar.sdk.registry import adapter, built_in

SECRET = "s3cr3t-9f2c"


@dataclass(frozen=True)
class Gate:
    """How we get in."""

    SHORT = "name"

    name: str = ""
    pin: str = field(default="", repr=False)


@dataclass(frozen=True)
class Cupboard:
    """One part of it."""

    key: str
    note: str = ""


@dataclass(frozen=True)
class Club:
    """A club."""

    url: str
    """Where it answers; `https` only."""
    token: str = ""
    hidden: str = field(default="", repr=False)
    gate: Gate = field(default_factory=Gate)
    cupboards: Mapping[str, Cupboard] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    days: tuple[str, ...] = ()
    page: int = 500
    """How many at once."""
    from_: str = ""


def values(table: Mapping[str, Any]) -> dict[str, str]:
    return {one.key: one.value for one in shown(Club, table)}


@pytest.mark.parametrize(
    "table",
    [
        {"hidden": SECRET},
        {"token": SECRET},
        {"gate": {"name": "north", "pin": SECRET}},
        {"url": f"https://user:{SECRET}@club.example/people"},
        {"url": f"https://club.example/people?key={SECRET}"},
        {"labels": {"api_key": SECRET, "colour": "red"}},
        {"cupboards": {"left": {"key": "id", "note": SECRET}}},
        {"unknown": SECRET},
    ],
)
def test_no_secret_is_shown_wherever_it_stands(table: Mapping[str, Any]) -> None:
    told = shown(Club, {"url": "x"} | dict(table))
    assert SECRET not in repr(told)


def test_what_is_no_secret_is_shown_as_it_was_written() -> None:
    told = values(
        {
            "url": "https://club.example",
            "hidden": SECRET,
            "gate": {"name": "north", "pin": SECRET},
            "cupboards": {"left": {"key": "id"}, "right": {"key": "id"}},
            "labels": {"colour": "red"},
            "days": ["mon", "tue"],
            "from": "2020",
        }
    )
    assert told == {
        "url": "https://club.example",
        "hidden": HIDDEN,
        "gate.name": "north",
        "gate.pin": HIDDEN,
        "cupboards": "left, right",
        "labels": "colour = red",
        "days": "mon, tue",
        "from": "2020",
        "page": "500",
    }


def test_what_stands_elsewhere_is_shown_as_where() -> None:
    told = values({"url": {"env": "CLUB_URL"}, "days": [{"file": "/run/days"}]})
    assert told["url"] == "from the environment variable CLUB_URL"
    assert told["days"] == "from the file /run/days"


def test_a_short_form_is_shown_by_its_name() -> None:
    assert values({"url": "x", "gate": "north"})["gate.name"] == "north"


def test_each_setting_says_what_it_means_and_whether_it_was_left_out() -> None:
    told = {one.key: one for one in shown(Club, {"url": "x"})}
    assert told["url"].meaning == "Where it answers; https only."
    assert (told["url"].given, told["page"].given) == (True, False)
    assert told["page"].meaning == "How many at once."


@pytest.mark.parametrize("name", built_in())
def test_every_secret_the_built_in_adapters_declare_stays_hidden(name: str) -> None:
    settings = adapter(name).Settings
    declared = [one.name.removesuffix("_") for one in fields(settings) if not one.repr]
    told = {one.key: one.value for one in shown(settings, dict.fromkeys(declared, SECRET))}
    assert {told[key] for key in declared} <= {HIDDEN}
    assert SECRET not in repr(told)


def test_a_file_that_was_changed_since_is_not_taken_for_the_one_we_run_with(
    tmp_path: Path,
) -> None:
    file = tmp_path / "sources.toml"
    text = '[shop]\nadapter = "files"\npath = "here"\n[shop.collections.one]\nfile = "a.csv"\n'
    file.write_text(text + 'key = "id"\nidentify = { email = "email" }\ncolumns = { id = "Id" }\n')
    version = load(file).version
    assert configured(file, version) is not None
    file.write_text(file.read_text() + "# a word\n")
    assert configured(file, version) is None
    file.unlink()
    assert configured(file, version) is None
