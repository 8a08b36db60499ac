"""The words letters are made of beside their own texts: ours, and those of the house.

The house may lay a `words.toml` beside its letters: for a language we have, single words in place
of ours; for another, all of them.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dsar.domain.errors import BadInput
from dsar.domain.rights import Right
from dsar.words import FREE, MODEL, Languages, Words, catalogue, formats
from dsar.words.catalogue import WordFile

FILE = "words.toml"
#: The files of a language that letters take their words from.
PARTS = ("letters", "laws")
_FORMERLY = frozenset({"format", "said"})
#: Texts of [gap] that a words.toml had before there were plurals, and which forms they are.
_ONCE = {"record": "one", "records": "other", "file": "one", "files": "other"}


def article(words: Words, regime: str, right: Right) -> str:
    """The article that grants a right, where the regime counts as the GDPR does; else ""."""
    number, _, paragraph = right.spec.article.removeprefix("Art. ").rstrip(")").partition("(")
    form = words["article"]
    if paragraph:
        number = form["paragraph"].format(article=number, paragraph=paragraph)
    return str(form[regime]).format(article=number) if regime in form else ""


def house(place: Path, name: str, languages: Languages) -> Words:
    """The words of the house's letters in the folder of a language that people call `name`.

    BadInput names the first word that is wrong, or the file where it is missing and must not.
    """
    tag = place.name.lower()
    spoken = languages.spoken(tag)
    model = languages.offered[MODEL].words(*PARTS)
    ours = spoken.words(*PARTS) if spoken.as_asked else None
    locale = _locale(tag, ours or model)
    file, shown = place / FILE, f"{name}/{FILE}"
    if not file.is_file():
        if ours is None:
            named = ", ".join(f"templates/words/{MODEL}/{part}.toml" for part in PARTS)
            raise BadInput(shown, "is missing.", f"Translate {named} there.")
        return replace(ours, tag=tag, locale=locale)
    given = catalogue.read(file, shown)
    part = WordFile(_as_now(given.sections), given.sha256)
    if ours is not None:
        part = part.over(WordFile(ours.sections, ours.sha256))
    catalogue.check(part.sections, model.sections, shown, locale=locale, free=FREE)
    return replace(
        ours or model,
        language=ours.language if ours else tag,
        tag=tag,
        locale=locale,
        sections=part.sections,
        sha256=part.sha256,
    )


def _locale(tag: str, near: Words) -> str:
    """Whose dates a language of the house has: its own, where the CLDR knows it."""
    if tag == near.language:
        return near.locale
    return tag if formats.known(tag) else near.locale


def _as_now(sections: Mapping[str, Any]) -> dict[str, Any]:
    """What was written for an earlier version: it had texts for one and for many, and months.

    It also said our reasons again, by their English sentences.
    """
    found = {name: dict(keys) for name, keys in sections.items() if name not in _FORMERLY}
    gap = found.get("gap", {})
    gap.pop("only", None)
    for once, form in _ONCE.items():
        if isinstance(text := gap.get(once), str):
            del gap[once]
            gap.setdefault(once.removesuffix("s"), {})[form] = text
    return found
