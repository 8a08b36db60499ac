"""Reads the files of words, and holds what one language says to what English says.

A file has sections, a section has words; a word that counts something has a form for each plural
of its language instead of a text. What a controller writes is outside text: a word fills the places
that the English one has, by their names alone, and nothing else can stand in braces.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from dsar.domain.errors import BadInput
from dsar.words import formats

#: Every name a plural of some language has in the CLDR.
FORMS = frozenset({"zero", "one", "two", "few", "many", "other"})
_LONGEST = 200_000

Sections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class WordFile:
    """The words of one file by section and key, and the SHA-256 of what they were read from."""

    sections: Sections
    sha256: str

    def over(self, below: "WordFile") -> "WordFile":
        """These words in place of those below, one by one."""
        found = _merged(below.sections, self.sections)
        return WordFile(found, hashlib.sha256((below.sha256 + self.sha256).encode()).hexdigest())


def _merged(below: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = _merged(found[key], value) if both else value
    return found


@cache
def ours(file: Path) -> WordFile:
    """One of our own files, which tests have checked; read once."""
    return read(file, file.name)


def read(file: Path, name: str) -> WordFile:
    """The words in a file that people call `name`; BadInput says what cannot be read."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LONGEST + 1)
        if len(raw) > _LONGEST:
            raise BadInput(name, "is too long.", f"It has {_LONGEST:,} bytes at most.")
        given = tomllib.loads(raw.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(name, f"cannot be read: {error}.", "Mend it.") from None
    for section, keys in given.items():
        if not isinstance(keys, dict):
            raise BadInput(f"{name}, {section}", "is no section.", f"Write it as [{section}].")
    return WordFile(given, hashlib.sha256(raw).hexdigest())


def plural(word: object) -> bool:
    """Whether a word has forms for counts."""
    return isinstance(word, Mapping) and "other" in word and word.keys() <= FORMS


def check(
    given: Sections, model: Sections, name: str, *, locale: str, free: frozenset[str] = frozenset()
) -> None:
    """Refuses the first word that lacks, is unknown, or has not the places of the English one.

    Sections in `free` need have no word that English has, nor English every word of theirs.
    """
    for section in sorted({*given, *model} - free):
        wanted, found = model.get(section, {}), given.get(section, {})
        for key in sorted({*wanted, *found}):
            field = f"{name}, {section}.{key}"
            if key not in wanted:
                raise BadInput(
                    field, "is no word that is asked for.", "Remove it, or mend its name."
                )
            if key not in found:
                raise BadInput(field, "is missing.", f'In English it is "{_english(wanted[key])}".')
            _same_shape(found[key], wanted[key], field, locale)
    for section in free & given.keys():
        if not all(isinstance(text, str) for text in texts(given[section])):
            raise BadInput(f"{name}, {section}", "has something that is no text.", _TEXT)


_TEXT = 'Write texts between "".'


def _english(word: Any) -> str:
    return str(word["other"] if plural(word) else word)


def _same_shape(given: Any, wanted: Any, field: str, locale: str) -> None:
    """A text with the places of the English one; where that counts, a form for each plural."""
    if not plural(wanted):
        _same_places(given, braced(wanted), field)
        return
    forms = formats.plurals(locale)
    if not plural(given) or not forms <= given.keys():
        listed = ", ".join(f'{one} = "…"' for one in sorted(forms))
        raise BadInput(field, "has not a form for each plural.", f"Write it as {{ {listed} }}.")
    for form, text in given.items():
        _same_places(text, braced(wanted["other"]), f"{field}.{form}", fewer=form != "other")


def _same_places(
    given: Any, names: frozenset[str] | None, field: str, *, fewer: bool = False
) -> None:
    if not isinstance(given, str):
        raise BadInput(field, "is no text.", _TEXT)
    own = braced(given)
    if own is None or names is None or (not own <= names if fewer else own != names):
        listed = " ".join(sorted(f"{{{name}}}" for name in names or ())) or "none"
        raise BadInput(field, "does not have the same names in braces.", f"They are: {listed}.")


def braced(text: str) -> frozenset[str] | None:
    """The names in braces; None where there is more: an attribute, a form, half a pair."""
    try:
        parts = [part[1:] for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return None
    plain = all(
        str(name).isidentifier() and spec == "" and conversion is None
        for name, spec, conversion in parts
    )
    return frozenset(str(name) for name, _, _ in parts) if plain else None


def texts(found: Any) -> Iterator[Any]:
    """Every text in a section, a word or a list of them."""
    if isinstance(found, Mapping):
        found = list(found.values())
    if not isinstance(found, list):
        yield found
        return
    for one in found:
        yield from texts(one)
