"""Public holidays by country and subdivision, as the calendars the clock counts on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays

from dsar.domain.calendar import Calendar
from dsar.domain.errors import BadInput
from dsar.domain.regimes import Regime

_VERSION = version("holidays")

#: The years a calendar holds: those a clock accepts, and the longest extension after them.
YEARS = range(2000, 2102)


@dataclass(frozen=True, slots=True)
class _Place:
    """The holidays of a place and the weekend days worked there, for all `YEARS`.

    Read out at once: the library fills a year when it is first asked for, and a thread that asks
    meanwhile would find no holiday in it.
    """

    names: Mapping[date, str]
    made_up: frozenset[date]


def calendar_for(regime: Regime, country: str | None, subdivision: str | None = None) -> Calendar:
    """Return the holidays a regime counts on for a controller established in that place.

    Without a country the law's own is taken, where it has one. A law that treats regional holidays
    as working days gets the country's alone. Raises BadInput for a place without a calendar.
    """
    place = country or regime.country
    if place is None:
        mend = "Give the controller's country by its two letters, such as DE."
        raise BadInput("country", f"{regime.id} is the law of several countries.", mend)
    calendar = calendar_of(place, subdivision)
    return calendar if regime.regional_holidays else calendar_of(place, None)


@lru_cache(maxsize=512)
def calendar_of(country: str, subdivision: str | None) -> Calendar:
    """Return the public holidays of a country and, on top, of one of its subdivisions."""
    whole = _place(country, None)
    if subdivision is None:
        return Calendar(_name(country), whole.names.get, whole.made_up.__contains__)
    here = _place(country, subdivision)
    regional = frozenset(here.names.keys() - whole.names.keys())
    return Calendar(
        _name(f"{country}-{subdivision}"),
        here.names.get,
        here.made_up.__contains__,
        regional.__contains__,
    )


def _name(place: str) -> str:
    return f"public holidays of {place}, holidays {_VERSION}"


def _place(country: str, subdivision: str | None) -> _Place:
    known = _subdivisions()
    if country not in known:
        mend = "Give its two letters as in ISO 3166, such as DE."
        raise BadInput("country", f"There is no holiday calendar for {country!r}.", mend)
    if subdivision is not None and subdivision not in known[country]:
        choice = f"one of {', '.join(known[country])}, or null" if known[country] else "null"
        problem = f"{country} has no holiday calendar for {subdivision!r}."
        raise BadInput("subdivision", problem, f"Give {choice}.")
    found = holidays.country_holidays(country, subdiv=subdivision, language="en_US")
    for year in YEARS:
        found.get(date(year, 1, 1))
    return _Place(dict(found), frozenset(found.weekend_workdays))


@lru_cache(maxsize=1)
def _subdivisions() -> dict[str, tuple[str, ...]]:
    """List the countries by two letters with the subdivisions that have holidays of their own."""
    listed = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(listed[country]) for country in listed if len(country) == 2}
