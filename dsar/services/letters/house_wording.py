"""Reads the house's own wording: `<language>/<kind>.txt`, and perhaps `<language>/words.toml`."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from dsar.domain.controller import Controller
from dsar.domain.errors import BadInput
from dsar.domain.rights import Right
from dsar.services.letters import samples, words
from dsar.services.letters.grammar import refuse
from dsar.services.letters.wording import (
    KINDS,
    TEXTS,
    FactMissing,
    Wording,
    Wordings,
    read,
)
from dsar.words import MODEL, Language, Languages, Words, ours

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
#: Entries of a folder that are looked at: more are none of letters.
_MOST = 100


def of_languages(languages: Languages, controller: Controller) -> Wordings:
    """The letters of these languages; of those the house laid, each is tried as its own are."""
    made = Wordings(strays=languages.faults, languages=languages, home=controller.language)
    for language in languages.offered.values():
        if language.own:
            made = _laid(made, language, controller)
    return made


def _laid(made: Wordings, language: Language, controller: Controller) -> Wordings:
    place, name = language.folder / TEXTS, f"{language.named}/{TEXTS}"
    if place.is_dir():
        its = language.words(*words.PARTS)
        made = _letters(made, place, name, its, tag=language.tag, controller=controller)
    if language.tag in ours().offered:
        return made
    for kind in sorted(KINDS):
        if (language.tag, kind) not in made.own:
            mend = f"Translate templates/words/{MODEL}/{TEXTS}/{kind}.txt there."
            made = _stray(made, BadInput(f"{name}/{kind}.txt", "is missing.", mend))
    return made


def load(made: Wordings, folder: Path, controller: Controller, *, name: str) -> Wordings:
    """The wording in a folder called `name`, each letter tried with invented facts of every right.

    BadInput where the folder is not there; what is wrong inside it is a fault of the result.
    """
    if not folder.is_dir():
        mend = "Make the folder, or leave the setting out to use our letters."
        raise BadInput("wording.letters", f"{name} is no folder.", mend)
    for place in _visible(folder):
        made = _language(made, place, f"{name}/{place.name}", controller)
    return made


def _visible(folder: Path) -> Iterator[Path]:
    """What people put there; hidden files are the tools' they use."""
    for number, path in enumerate(sorted(folder.iterdir())):
        if number < _MOST and not path.name.startswith("."):
            yield path


def _language(made: Wordings, place: Path, name: str, controller: Controller) -> Wordings:
    if not place.is_dir() or not _LANGUAGE.fullmatch(place.name):
        mend = "Letters lie in a folder for each language, such as de or pt-BR."
        return _stray(made, BadInput(name, "is no folder of a language.", mend))
    its: Words | BadInput
    try:
        its = words.house(place, name, made.languages)
        made = replace(made, words={**made.words, place.name.lower(): its})
    except BadInput as error:
        its = error
        made = _stray(made, error)
    return _letters(made, place, name, its, tag=place.name, controller=controller)


def _letters(
    made: Wordings,
    place: Path,
    name: str,
    its: Words | BadInput,
    *,
    tag: str,
    controller: Controller,
) -> Wordings:
    """The letters in a folder, each tried with its words; where those are at fault, so is each."""
    for file in _visible(place):
        shown = f"{name}/{file.name}"
        if file.suffix == ".txt" and file.stem in KINDS and file.is_file():
            found = its if isinstance(its, BadInput) else _tried(file, shown, tag, its, controller)
            made = replace(made, own={**made.own, (tag.lower(), file.stem): found})
        elif file.name != words.FILE:
            mend = f"Letters are {', '.join(f'{kind}.txt' for kind in sorted(KINDS))}."
            made = _stray(made, BadInput(shown, "is no letter.", mend))
    return made


def _stray(made: Wordings, error: BadInput) -> Wordings:
    return replace(made, strays=(*made.strays, error))


def _tried(
    file: Path, name: str, tag: str, its: Words, controller: Controller
) -> Wording | BadInput:
    try:
        wording = read(file, name, tag, own=True)
        try_out(wording, its, controller)
    except BadInput as error:
        return error
    return wording


def try_out(wording: Wording, its: Words, controller: Controller) -> None:
    """Writes a letter for every right, with all that can be said and with as little as can be.

    BadInput names the line of what is at fault.
    """
    for right in Right:
        for full in (True, False):
            facts = samples.facts(its, controller, right=right, full=full)
            try:
                wording.say(facts)
            except FactMissing as lacking:
                _refuse_without(wording, lacking.fact, listed=isinstance(facts[lacking.fact], list))


def _refuse_without(wording: Wording, fact: str, *, listed: bool) -> NoReturn:
    problem = f"The law demands {fact} in every letter of this kind, as it is."
    mend = f"Write {{{{ {fact} }}}} with no if around it and no filter on it."
    if listed:
        mend = f"Write each of them with for, with no if around it and no filter: {fact}."
    refuse(wording.file, wording.line_of(fact), problem, mend)
