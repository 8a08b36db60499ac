"""The words a letter is made of beside its own text, and how its language writes dates.

One `words.toml` in each language's folder. The house may lay its own beside its letters: for a
language there are letters in, single words in place of ours; for another, all of them.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from dsar.domain.errors import BadInput
from dsar.domain.rights import ARTICLES, Right

FILE = "words.toml"
#: What a language need not have: it says in other words what is there in English.
_MAY_LACK = frozenset({"said", "law", "complaint", "ground"})
_LONGEST = 200_000
_ONLY = re.compile(r"(.*) \(only: (.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one language by section and key, and the SHA-256 of what they were read from."""

    language: str
    sections: Mapping[str, Any]
    sha256: str

    def __getitem__(self, section: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sections.get(section, {})
        return found

    def date(self, day: date | None) -> str:
        """A day as people write it; "" where there is none."""
        if day is None:
            return ""
        form = self["format"]
        month = form["months"][day.month - 1]
        return str(form["date"]).format(day=day.day, month=month, year=day.year)

    def article(self, regime: str, right: Right) -> str:
        """The article that grants a right, where the regime counts as the GDPR does; else ""."""
        number, _, paragraph = ARTICLES[right].removeprefix("Art. ").rstrip(")").partition("(")
        form = self["article"]
        if paragraph:
            number = form["paragraph"].format(article=number, paragraph=paragraph)
        return str(form[regime]).format(article=number) if regime in form else ""

    def put(self, phrase: str, known: Mapping[str, str]) -> str:
        """A phrase in this language: from `known`, else from [said], else as it stands."""
        single = _ONLY.fullmatch(phrase)
        if single is not None:
            inner = self.put(single[1], known)
            return str(self["gap"]["only"]).format(because=inner, field=single[2])
        said = known.get(phrase) or self["said"].get(phrase)
        return str(said) if said else self._filled(phrase)

    def _filled(self, phrase: str) -> str:
        """A phrase that has something of its own in it, by the first model in [said] it fits."""
        for model, text in self["said"].items():
            found = _model(model).fullmatch(phrase) if "{" in model else None
            if found is not None:
                return str(text).format(**found.groupdict())
        return phrase


@cache
def _model(text: str) -> re.Pattern[str]:
    """What fits a text with names in braces."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)


def read(file: Path, name: str, *, ours: Words | None, model: Words | None) -> Words:
    """The words in a file, over `ours` if there are; BadInput names the first key that is wrong.

    `model` has every section and key that there is; None for the model itself.
    """
    try:
        raw = file.read_bytes()[:_LONGEST]
        given = tomllib.loads(raw.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(name, f"cannot be read: {error}.", "Mend it.") from None
    found = {section: dict(keys) for section, keys in (ours.sections if ours else {}).items()}
    for section, keys in given.items():
        if not isinstance(keys, dict):
            raise BadInput(f"{name}, {section}", "is no section.", f"Write it as [{section}].")
        found[section] = found.get(section, {}) | keys
    if model is not None:
        _check(found, model, name)
    before = ours.sha256 if ours else ""
    sha256 = hashlib.sha256(before.encode() + raw).hexdigest()
    return Words(file.parent.name, found, sha256 if before else hashlib.sha256(raw).hexdigest())


def _check(found: Mapping[str, Any], model: Words, name: str) -> None:
    for section in sorted({*found, *model.sections} - _MAY_LACK):
        wanted, given = model[section], found.get(section, {})
        for key in sorted({*wanted, *given}):
            field = f"{name}, {section}.{key}"
            if key not in wanted:
                raise BadInput(field, "is no word of a letter.", "Mend its spelling, or remove it.")
            if key not in given:
                raise BadInput(field, "is missing.", f'In English it is "{wanted[key]}".')
            _same_shape(given[key], wanted[key], field)
    for phrase in _texts(found):
        if not isinstance(phrase, str):
            raise BadInput(name, "has something that is no text.", 'Write texts between "".')
    for english, said in found.get("said", {}).items():
        _check_said(english, said, f"{name}, said")


def _check_said(english: str, said: str, field: str) -> None:
    """A phrase with names in braces is matched: so they are few, and each stands once."""
    named, names = english.count("{"), _braced(english)
    plain = names is not None and len(names) == named <= 2 and all(map(str.isidentifier, names))
    if not plain:
        mend = "Write one or two names, each once, such as {count}."
        raise BadInput(field, f'has braces in "{english[:60]}" that cannot be matched.', mend)
    given = _braced(said)
    if given is None or not given <= (names or set()):
        mend = f"In English it is: {english[:120]}"
        raise BadInput(field, "does not have the same names in braces.", mend)


def _same_shape(given: Any, wanted: Any, field: str) -> None:
    """A text with no other {names} than the English one has, or twelve of them."""
    if isinstance(wanted, list):
        if not isinstance(given, list) or len(given) != len(wanted):
            raise BadInput(field, "is no list of twelve.", "Give twelve texts.")
        return
    names = _braced(wanted)
    if not isinstance(given, str) or _braced(given) != names:
        listed = " ".join(sorted(f"{{{name}}}" for name in names or ())) or "none"
        raise BadInput(field, "does not have the same names in braces.", f"They are: {listed}.")


def _braced(text: str) -> set[str] | None:
    """The names in braces; None where there is more: an attribute, a form, half a pair."""
    try:
        parts = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return None
    plain = all(spec == "" and conversion is None for _, spec, conversion in parts)
    return {str(name) for name, _, _ in parts} if plain else None


def _texts(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in _texts(value)]
    return (
        [text for value in found for text in _texts(value)] if isinstance(found, list) else [found]
    )
