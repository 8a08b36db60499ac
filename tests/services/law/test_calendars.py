"""Holidays come by country and subdivision, and a place without a calendar is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from dsar.domain.calendar import Calendar
from dsar.domain.errors import BadInput
from dsar.services.law.calendars import calendar_for, calendar_of
from dsar.services.law.regimes import load


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "works"),
    [
        ("DE", None, "2026-01-06", True),
        ("DE", "BY", "2026-01-06", False),
        ("DE", None, "2026-05-01", False),
        ("GB", "SCT", "2026-06-15", False),
        ("GB", "ENG", "2026-06-15", True),
        ("GB", "ENG", "2026-12-28", False),
        ("US", None, "2026-03-31", True),
        ("CN", None, "2026-02-14", True),  # a Saturday worked before the Spring Festival
        ("CN", None, "2026-02-15", False),
        ("ZA", None, "2026-08-10", False),
    ],
)
def test_a_day_is_worked_or_not_by_the_place(
    country: str, subdivision: str | None, day: str, works: bool
) -> None:
    found = calendar_of(country, subdivision)
    assert found.is_working_day(date.fromisoformat(day)) is works


def test_a_calendar_says_which_holidays_only_the_subdivision_keeps() -> None:
    bavaria = calendar_of("DE", "BY")
    assert bavaria.regional(date(2026, 1, 6))
    assert not bavaria.regional(date(2026, 5, 1))
    assert not bavaria.regional(date(2026, 1, 7))
    assert bavaria.holiday_on(date(2026, 1, 6)) == "Epiphany"


def test_a_calendar_is_named_with_place_and_version_so_that_it_can_be_told_again() -> None:
    assert calendar_of("DE", "BY").name.startswith("public holidays of DE-BY, holidays ")
    assert calendar_of("DE", None).name.startswith("public holidays of DE, holidays ")


def test_a_law_of_one_country_brings_its_calendar_and_a_law_of_several_does_not() -> None:
    assert calendar_for(load("br_lgpd"), None).name.startswith("public holidays of BR,")
    with pytest.raises(BadInput) as refused:
        calendar_for(load("eu_gdpr"), None)
    assert refused.value.field == "country"


def test_new_zealand_works_on_regional_anniversaries() -> None:
    wellington = date(2027, 1, 25)
    assert not calendar_of("NZ", "WGN").is_working_day(wellington)
    assert calendar_for(load("nz_privacy"), "NZ", "WGN").is_working_day(wellington)


@pytest.mark.parametrize(
    ("country", "subdivision", "field", "mend"),
    [
        ("ZZ", None, "country", "DE"),
        ("de", None, "country", "DE"),
        ("DEU", None, "country", "DE"),
        ("DE", "XX", "subdivision", "BY"),
        ("DE", "DE-BY", "subdivision", "BY"),
        ("ZA", "GP", "subdivision", "Give null"),
    ],
)
def test_a_place_without_a_calendar_is_refused_with_the_mend(
    country: str, subdivision: str | None, field: str, mend: str
) -> None:
    with pytest.raises(BadInput) as refused:
        calendar_of(country, subdivision)
    assert refused.value.field == field
    assert mend in refused.value.mend


def test_threads_that_ask_at_once_are_told_the_same() -> None:
    """The library fills a year when first asked about it; a thread in between once saw none."""
    christmas = [date(year, 12, 25) for year in range(2000, 2091)]
    for subdivision in ("BB", "BE", "BW", "BY"):
        calendar_of.cache_clear()
        shared, together = calendar_of("DE", subdivision), Barrier(4)

        def worked(_: int, shared: Calendar = shared, together: Barrier = together) -> list[bool]:
            together.wait()
            return [shared.is_working_day(day) for day in christmas]

        with ThreadPoolExecutor(4) as pool:
            assert not any(any(days) for days in pool.map(worked, range(4)))


@pytest.mark.parametrize("country", ["DE", "GB", "US", "NZ", "ZA", "CN", "FR"])
def test_what_was_asked_before_changes_no_answer(country: str) -> None:
    """Observed holidays reach over the turn of the year; one year alone must know them too."""
    calendar_of.cache_clear()
    turns = [
        date(year, month, day)
        for year in range(2020, 2040)
        for month, day in [(12, 31), (1, 1), (1, 2), (12, 26)]
    ]
    alone = []
    for day in turns:
        calendar_of.cache_clear()
        alone.append(calendar_of(country, None).is_working_day(day))
    filled = calendar_of(country, None)
    for year in range(2019, 2041):
        filled.is_working_day(date(year, 6, 1))
    assert [filled.is_working_day(day) for day in turns] == alone
