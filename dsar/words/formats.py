"""How a language writes days, counts, sizes, periods and lists: Babel, with the data of the CLDR.

Everything takes a locale by its tag, such as "en-GB". Babel is read where it is first needed: most
commands say no date. What is said again and again is remembered, for a page has hundreds of days.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from babel import Locale

#: How much of a day is spelled: "2 March 2026" or "2 Mar 2026".
Length = Literal["long", "medium"]
#: What stands before the last of several: "and", or "or".
Between = Literal["standard", "or"]

#: Bytes are counted in powers of 1000; a larger unit than the last is not used.
_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
#: Counts that every plural of a language is met among; a form for greater ones alone may lack.
_COUNTED = 1000


@cache
def locale(tag: str) -> "Locale":
    """The locale of a tag; raises ValueError where the CLDR has none."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(tag, sep="-")
    except UnknownLocaleError as error:
        raise ValueError(str(error)) from None


def known(tag: str) -> bool:
    """Whether the CLDR has a locale of this tag."""
    try:
        locale(tag)
    except ValueError:
        return False
    return True


def name(tag: str) -> str:
    """What a language is called in English; its tag where the CLDR does not know it."""
    return (locale(tag).get_display_name("en") or tag) if known(tag) else tag


@lru_cache(maxsize=4096)
def day(value: date, tag: str, length: Length = "long") -> str:
    """A day as people write it."""
    from babel.dates import format_date

    return format_date(value, length, locale=locale(tag))


def time(instant: datetime, tag: str) -> str:
    """The hour and minute of an instant, in its own zone."""
    from babel.dates import format_time

    return format_time(instant.time(), "short", locale=locale(tag))


def local(instant: datetime, timezone: str) -> datetime:
    """An instant in a time zone."""
    return instant.astimezone(ZoneInfo(timezone))


@lru_cache(maxsize=4096)
def number(value: int, tag: str) -> str:
    """A count, in groups as the language parts them."""
    from babel.numbers import format_decimal

    return format_decimal(value, locale=locale(tag))


def size(value: int, tag: str) -> str:
    """A number of bytes in the unit people would use (powers of 1000)."""
    from babel.units import format_unit

    amount, unit = float(value), 0
    while round(amount, 1) >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return format_unit(
        amount if unit else value,
        f"digital-{_UNITS[unit]}",
        length="short" if unit else "long",
        format="0.0" if unit else None,
        locale=locale(tag),
    )


def period(count: int, unit: str, tag: str) -> str:
    """Some years, months, weeks or days; `unit` is one of them in English."""
    from babel.units import format_unit

    return format_unit(count, f"duration-{unit}", length="long", locale=locale(tag))


def listed(texts: Sequence[str], tag: str, between: Between = "standard") -> str:
    """Texts as a language lists them: "a, b and c", or with "or": "a, b or c"."""
    from babel.lists import format_list

    return format_list(texts, style=between, locale=locale(tag))


def plural(count: int, tag: str) -> str:
    """The name of the form that goes with a count: zero, one, two, few, many or other."""
    return locale(tag).plural_form(count)


@cache
def plurals(tag: str) -> frozenset[str]:
    """The forms that a word of the language must have; "other" is taken where one lacks."""
    return frozenset({"other", *(plural(count, tag) for count in range(_COUNTED + 1))})
