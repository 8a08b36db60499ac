"""Which languages are offered, and the one rule for a language that is not.

A language is a folder, named by its tag, with the same files as that of English. Ours lie in
`templates/words`; a controller may lay more of them in a folder of its own, and single words of
ours anew. One that is at fault is not offered, and says why.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import templates
from dsar.domain.errors import BadInput
from dsar.words import catalogue, formats
from dsar.words.catalogue import WordFile
from dsar.words.formats import name as named
from dsar.words.words import Words

FOLDER = templates.FOLDER / "words"
#: The language that every other is held to, and that is spoken where no other can be.
MODEL = "en"
#: Sections that are for other languages: what a law says of itself in English.
FREE = frozenset({"law", "complaint", "ground"})
#: What a folder of a language may be called, and how many are looked at.
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_MOST = 100
#: The file that says how a language is written.
_WRITTEN = "language"


@dataclass(frozen=True, slots=True)
class Language:
    """One language that is offered: its tag, and the folder of its files.

    Of one that the controller laid, `own` are the words as they were read, and `named` is what
    people call its folder.
    """

    tag: str
    folder: Path
    own: Mapping[str, WordFile] = field(default_factory=dict)
    named: str = ""

    def part(self, name: str) -> WordFile:
        """The words of one of its files, called without its ending."""
        return self.own.get(name) or catalogue.ours(self.folder / f"{name}.toml")

    @property
    def locale(self) -> str:
        """Whose dates, numbers and plurals it has."""
        return str(self.part(_WRITTEN).sections["written"]["locale"])

    def words(self, *names: str, asked: str = "") -> Words:
        """The words of some of its files together; `asked` is the form of it that was asked for."""
        parts = [self.part(name) for name in names]
        joined = parts[0]
        for part in parts[1:]:
            joined = part.over(joined)
        written = self.part(_WRITTEN).sections["written"]
        return Words(
            language=self.tag,
            tag=asked or self.tag,
            locale=str(written["locale"]),
            moments=str(written["moment"]),
            sections=joined.sections,
            sha256=joined.sha256,
        )


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """What somebody is spoken to in: which language they asked for, and which it is."""

    asked: str
    language: Language

    @property
    def tag(self) -> str:
        """The form of the language that was asked for, else the language: de-AT, else de."""
        return self.asked if self.as_asked else self.language.tag

    @property
    def as_asked(self) -> bool:
        """Whether it is the language that was asked for, or the one that this is a form of."""
        return self.language.tag in tuple(forms(self.asked))

    @property
    def note(self) -> str:
        """What staff must know: that another language is spoken than was asked for; else ""."""
        if self.as_asked:
            return ""
        return (
            f"Asked in {named(self.asked)}, answered in {named(self.language.tag)}: "
            f"there are no words in {named(self.asked)}."
        )

    def words(self, *parts: str) -> Words:
        """The words of some files together."""
        return self.language.words(*parts, asked=self.tag)


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages that are offered by tag, and what is at fault in those that are not."""

    offered: Mapping[str, Language]
    faults: tuple[BadInput, ...] = ()

    def spoken(self, *asked: str, home: str = MODEL) -> SpokenLanguage:
        """The language to speak to somebody who asked for `asked`, best first, in that order:
        one of them, the one it is a form of, the controller's, English.
        """
        for tag in asked:
            found = next((one for one in forms(tag) if one in self.offered), None)
            if found is not None:
                return SpokenLanguage(tag, self.offered[found])
        found = next(one for one in order("", home) if one in self.offered)
        return SpokenLanguage(next(iter(asked), home), self.offered[found])


def forms(tag: str) -> Iterator[str]:
    """A language and those it is a form of: zh-hant-tw, zh-hant, zh (RFC 4647, section 3.4)."""
    named = tag.lower()
    while named:
        yield named
        named = named.rpartition("-")[0]


def order(asked: str, home: str = MODEL) -> tuple[str, ...]:
    """Every tag to look for a text in, best first: the rule for who has none in their language."""
    return tuple(dict.fromkeys((*forms(asked), *forms(home), MODEL)))


@cache
def ours() -> Languages:
    """The languages that we speak."""
    found = sorted(file.parent for file in FOLDER.glob(f"*/{_WRITTEN}.toml"))
    return Languages({folder.name: Language(folder.name, folder) for folder in found})


def and_own(folder: Path, *, name: str) -> Languages:
    """Ours, and those in a folder of the controller's called `name`.

    BadInput where the folder is not there; what is wrong inside it is a fault of the result.
    """
    if not folder.is_dir():
        mend = "Make the folder, or leave the setting out."
        raise BadInput("wording.languages", f"{name} is no folder.", mend)
    offered, faults = dict(ours().offered), []
    for place in sorted(folder.iterdir())[:_MOST]:
        if place.name.startswith("."):
            continue
        try:
            offered[place.name.lower()] = _own(place, f"{name}/{place.name}")
        except BadInput as error:
            faults.append(error)
    return Languages(offered, tuple(faults))


def _own(place: Path, name: str) -> Language:
    if not place.is_dir() or not _TAG.fullmatch(place.name):
        raise BadInput(name, "is no folder of a language.", "Call it by its tag: fr, pt-BR.")
    tag, english = place.name.lower(), ours().offered[MODEL]
    below = ours().offered.get(tag)
    own = {part: _own_part(place, name, part, below) for part in parts()}
    locale = str(own[_WRITTEN].sections.get("written", {}).get("locale", ""))
    if not formats.known(locale):
        mend = "Name that of a language near to it, such as en-GB."
        raise BadInput(f"{name}/{_WRITTEN}.toml, written.locale", "is not in the CLDR.", mend)
    for part, given in own.items():
        model = english.part(part).sections
        shown = f"{name}/{part}.toml"
        catalogue.check(given.sections, model, shown, locale=locale, free=FREE)
    return Language(tag, place, own, name)


def _own_part(place: Path, name: str, part: str, below: Language | None) -> WordFile:
    file = place / f"{part}.toml"
    if not file.is_file():
        if below is None:
            mend = f"Translate templates/words/{MODEL}/{part}.toml there."
            raise BadInput(f"{name}/{part}.toml", "is missing.", mend)
        return below.part(part)
    given = catalogue.read(file, f"{name}/{part}.toml")
    return given.over(below.part(part)) if below is not None else given


def parts() -> tuple[str, ...]:
    """The files of words that every language has, called without their ending."""
    return tuple(sorted(file.stem for file in (FOLDER / MODEL).glob("*.toml")))
