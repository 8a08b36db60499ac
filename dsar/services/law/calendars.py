"""Public holidays by country and subdivision, as the calendars the clock counts on."""

from datetime import date
from functools import lru_cache
from importlib.metadata import version
from threading import Lock

import holidays

from dsar.domain.calendar import Calendar
from dsar.domain.errors import BadInput
from dsar.domain.regimes import Regime

_VERSION = version("holidays")


class _Place:
    """The holidays of a place, asked by one thread at a time.

    The library fills a year when it is first asked about it, and marks it as known before it has:
    a second thread would find no holiday in it.
    """

    def __init__(self, found: holidays.HolidayBase) -> None:
        self._found = found
        self._lock = Lock()

    def holiday_on(self, day: date) -> str | None:
        with self._lock:
            name: str | None = self._found.get(day)
            return name

    def made_up_on(self, day: date) -> bool:
        with self._lock:
            return self._found.get(day) is None and day in self._found.weekend_workdays


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
        return Calendar(_name(country), whole.holiday_on, whole.made_up_on)
    here = _place(country, subdivision)

    def regional(day: date) -> bool:
        return here.holiday_on(day) is not None and whole.holiday_on(day) is None

    return Calendar(_name(f"{country}-{subdivision}"), here.holiday_on, here.made_up_on, regional)


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
    return _Place(holidays.country_holidays(country, subdiv=subdivision, language="en_US"))


@lru_cache(maxsize=1)
def _subdivisions() -> dict[str, tuple[str, ...]]:
    """List the countries by two letters with the subdivisions that have holidays of their own."""
    listed = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(listed[country]) for country in listed if len(country) == 2}
