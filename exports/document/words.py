"""The words of a report in one language, and how that language writes dates and numbers.

One TOML file per language under templates/pdf/words. Tests hold all files to the same keys.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from dsar.domain.errors import DsarError
from templates import FOLDER

WORDS = FOLDER / "pdf" / "words"
_UNITS = ("B", "kB", "MB", "GB", "TB")


class UnknownLanguage(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """No report can be written in the language of a request; a person decides what to answer in."""


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one language by section and key, as in its TOML file."""

    language: str
    sections: dict[str, Any]

    def __getitem__(self, section: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sections[section]
        return found

    def date(self, day: date | str) -> str:
        """A day as people write it, from a date or its ISO form; "" stays empty."""
        if not day:
            return ""
        known = date.fromisoformat(day) if isinstance(day, str) else day
        form = self["format"]
        month = form["months"][known.month - 1]
        return str(form["date"]).format(day=known.day, month=month, year=known.year)

    def moment(self, instant: datetime, *, timezone: str) -> str:
        """An instant in the controller's time zone, with the zone's short name."""
        local = instant.astimezone(ZoneInfo(timezone))
        return str(self["format"]["moment"]).format(
            date=self.date(local.date()), time=f"{local:%H:%M}", zone=local.tzname()
        )

    def number(self, value: int) -> str:
        """A count with the language's thousands sign."""
        return f"{value:,}".replace(",", self["format"]["thousands"])

    def size(self, number: int) -> str:
        """A number of bytes in the unit people would use (powers of 1000)."""
        amount, unit = float(number), 0
        while round(amount, 1) >= 1000 and unit < len(_UNITS) - 1:
            amount, unit = amount / 1000, unit + 1
        whole, _, rest = f"{amount:.1f}".partition(".")
        sign = self["format"]["decimal"]
        told = f"{whole}{sign}{rest}" if unit else whole
        return f"{told} {_UNITS[unit]}"

    def period(self, text: str) -> str:
        """A period such as "7 years" in this language's words."""
        count, _, unit = text.partition(" ")
        one, many = self["period"][unit.removesuffix("s").replace(" ", "_")]
        return f"{count} {one if count == '1' else many}"

    def said(self, section: str, key: str) -> str:
        """The words for a key that comes from outside; the key itself where none are known."""
        plain = key.replace("_", " ") if key.isidentifier() else key
        return str(self[section].get(key, plain[:1].upper() + plain[1:]))


def languages() -> tuple[str, ...]:
    """The languages a report can be written in."""
    return tuple(sorted(path.stem for path in WORDS.glob("*.toml")))


@cache
def words_in(language: str) -> Words:
    """The words in `language` or in its base language; raises UnknownLanguage."""
    for tag in (language, language.partition("-")[0]):
        if tag in languages():
            return Words(tag, tomllib.loads((WORDS / f"{tag}.toml").read_text("utf-8")))
    known = ", ".join(languages())
    raise UnknownLanguage(
        f"language: there are no words for a report in {language}; known are {known}. Translate "
        f"templates/pdf/words/en.toml into {language}.toml beside it, or copy it to answer in "
        "English, then build again."
    )
