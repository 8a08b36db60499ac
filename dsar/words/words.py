"""The words of one language for one purpose: what is said, and how days and counts are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dsar.domain.records import Text, in_language
from dsar.words import formats
from dsar.words.catalogue import Sections, plural
from dsar.words.formats import Between, Length


@dataclass(frozen=True, slots=True)
class Words:
    """The words of some files of a language by section and key, as plain values.

    `language` is the tag of the language they are in, `tag` that of the form of it that was asked
    for (de-AT for German words), `locale` whose dates and numbers it has; `sha256` is that of what
    they were read from.
    """

    language: str
    tag: str
    locale: str
    moments: str
    sections: Sections
    sha256: str

    def __getitem__(self, section: str) -> Mapping[str, Any]:
        """The words of a section by key; none where there is no such section."""
        return self.sections.get(section, {})

    def say(self, section: str, key: str, /, **facts: Any) -> str:
        """A word with its places filled: numbers and days as the language writes them.

        Where it has plurals, the fact `count` chooses among them. KeyError where it is not there.
        """
        word = self[section][key]
        if plural(word):
            word = word.get(formats.plural(facts["count"], self.locale), word["other"])
        return str(word).format(**{name: self._said(fact) for name, fact in facts.items()})

    def _said(self, fact: Any) -> str:
        if isinstance(fact, int) and not isinstance(fact, bool):
            return self.number(fact)
        return self.date(fact) if isinstance(fact, date) else str(fact)

    def said(self, section: str, key: str) -> str:
        """The words for a key that comes from outside; the key itself where none are known."""
        plain = key.replace("_", " ") if key.isidentifier() else key
        return str(self[section].get(key, plain[:1].upper() + plain[1:]))

    def of(self, text: Text) -> str:
        """What a policy or a source says in several languages, in the one asked for."""
        return in_language(text, self.tag)

    def date(self, day: date | str | None, *, length: Length = "long") -> str:
        """A day as people write it, from a date or its ISO form; "" where there is none."""
        if not day:
            return ""
        known = date.fromisoformat(day) if isinstance(day, str) else day
        return formats.day(known, self.locale, length)

    def moment(self, instant: datetime, *, timezone: str) -> str:
        """An instant in the controller's time zone, with the zone's short name."""
        local = formats.local(instant, timezone)
        return self.moments.format(
            date=self.date(local.date()), time=formats.time(local, self.locale), zone=local.tzname()
        )

    def number(self, value: int) -> str:
        """A count with the language's thousands sign."""
        return formats.number(value, self.locale)

    def size(self, number: int) -> str:
        """A number of bytes in the unit people would use (powers of 1000)."""
        return formats.size(number, self.locale)

    def period(self, text: str) -> str:
        """A period such as "7 years" in this language's words."""
        count, _, unit = text.partition(" ")
        name = unit.removesuffix("s").replace(" ", "_")
        if name in self["period"]:
            return self.say("period", name, count=int(count))
        return formats.period(int(count), name, self.locale)

    def listed(self, texts: list[str], between: Between = "standard") -> str:
        """Texts as the language lists them: "a, b and c", or with `between` "or": "a, b or c"."""
        return formats.listed(texts, self.locale, between)
