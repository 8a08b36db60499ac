"""Hours and settling times are read strictly, and hold across midnight, weekends and a changed clock."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dsar.config.hours import Hours, hours, in_words, settling
from dsar.config.sources import load
from dsar.domain.errors import BadInput

BERLIN = ZoneInfo("Europe/Berlin")


def at(day: int, clock: str, month: int = 3) -> datetime:
    """A time in March 2026: the 2nd is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def read(**table: Any) -> Hours:
    found = hours(table, "sources.shop")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("table", "now", "open_", "turns"),
    [
        ({"allowed_hours": "22:00-06:00"}, at(2, "23:00"), True, at(3, "06:00")),
        ({"allowed_hours": "22:00-06:00"}, at(2, "05:59"), True, at(2, "06:00")),
        ({"allowed_hours": "22:00-06:00"}, at(2, "06:00"), False, at(2, "22:00")),
        ({"quiet_hours": "09:00-18:00"}, at(2, "12:00"), False, at(2, "18:00")),
        ({"quiet_hours": "09:00-18:00"}, at(2, "18:00"), True, at(3, "09:00")),
        ({"quiet_hours": "mon-fri 09:00-18:00"}, at(6, "20:00"), True, at(9, "09:00")),
        ({"quiet_hours": ["mon,wed 08:00-10:00", "08:30-12:00"]}, at(2, "09:00"), False,
         at(2, "12:00")),
        ({"allowed_hours": "sat-sun 00:00-24:00"}, at(2, "09:00"), False, at(7, "00:00")),
        ({"allowed_hours": "sat-sun 00:00-24:00"}, at(7, "09:00"), True, at(9, "00:00")),
        ({"allowed_hours": "fri-mon 00:00-24:00"}, at(3, "09:00"), False, at(6, "00:00")),
        ({"quiet_hours": "01:00-04:00"}, at(29, "00:30"), True, at(29, "01:00")),
        ({"quiet_hours": "01:00-04:00"}, at(29, "03:30"), False, at(29, "04:00")),
    ],
)  # fmt: skip
def test_a_source_is_open_or_not_and_it_is_known_until_when(
    table: dict[str, Any], now: datetime, open_: bool, turns: datetime
) -> None:
    found = read(**table)
    assert (found.open(now), found.turns(now)) == (open_, turns)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"quiet_hours": "9-18"}, "quiet_hours: is no time of day"),
        ({"quiet_hours": 9}, "is no time of day"),
        ({"quiet_hours": "09:00-25:00"}, "is no time of day"),
        ({"allowed_hours": ["moon 09:00-10:00"]}, "names no days"),
        ({"allowed_hours": "mon-wed-fri 09:00-10:00"}, "names no days"),
        ({"quiet_hours": "00:00-24:00"}, "leaves no time at all"),
        ({"allowed_hours": []}, "leaves no time at all"),
        ({"allowed_hours": "00:00-24:00"}, "leaves all of the time"),
        ({"quiet_hours": "09:00-10:00", "allowed_hours": "22:00-06:00"}, "Leave one out"),
    ],
)
def test_hours_that_mean_nothing_are_refused_by_their_setting(
    table: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        hours(table, "sources.shop")
    assert refused.value.field.startswith("sources.shop.")


@pytest.mark.parametrize(
    ("given", "seconds", "words"),
    [("10m", 600, "10 minutes"), ("90s", 90, "90 seconds"), ("2h", 7200, "2 hours"),
     ("1d", 86_400, "1 day"), (90, 90, "90 seconds"), (1.5, 1.5, "1.5 seconds"), (60, 60, "1 minute")],
)  # fmt: skip
def test_a_settling_time_is_a_length_of_time(given: Any, seconds: float, words: str) -> None:
    assert settling(given, "x") == seconds
    assert in_words(seconds) == words


@pytest.mark.parametrize("given", ["10", "ten", "10 m", True, None, -1, "8d", [10]])
def test_what_is_no_settling_time_is_refused(given: Any) -> None:
    with pytest.raises(BadInput, match="settle"):
        settling(given, "sources.shop.settle")


def test_both_stand_in_the_table_of_any_source(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    text = '[lists]\nadapter = "files"\npath = "x"\ncollections = {}\n'
    path.write_text(text + 'settle = "10m"\nquiet_hours = "09:00-18:00"\n')
    source = load(path)["lists"]
    assert source.settle == 600
    assert source.hours == read(quiet_hours="09:00-18:00")
    path.write_text(text)
    assert (load(path)["lists"].settle, load(path)["lists"].hours) == (0, None)
