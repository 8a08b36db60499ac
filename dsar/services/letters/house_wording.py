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
    MODEL,
    OURS,
    Lacking,
    Wording,
    Wordings,
    our_languages,
    read,
)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
#: Entries of a folder that are looked at: more are none of letters.
_MOST = 100


def load(folder: Path, controller: Controller, *, name: str) -> Wordings:
    """The wording in a folder called `name`, each letter tried with invented facts of every right.

    BadInput where the folder is not there; what is wrong inside it is a fault of the result.
    """
    if not folder.is_dir():
        mend = "Make the folder, or leave the setting out to use our letters."
        raise BadInput("wording.letters", f"{name} is no folder.", mend)
    made = Wordings()
    for place in _visible(folder):
        made = _language(made, place, f"{name}/{place.name}", controller)
    return made


def _visible(folder: Path) -> Iterator[Path]:
    """What people put there; hidden files are the tools' they use."""
    for number, path in enumerate(sorted(folder.iterdir())):
        if number < _MOST and not path.name.startswith("."):
            yield path


def _language(made: Wordings, place: Path, name: str, controller: Controller) -> Wordings:
    tag = place.name.lower()
    if not place.is_dir() or not _LANGUAGE.fullmatch(place.name):
        mend = "Letters lie in a folder for each language, such as de or pt-BR."
        return _stray(made, BadInput(name, "is no folder of a language.", mend))
    fault = None
    try:
        made = _with_words(made, place, name, tag)
    except BadInput as error:
        made, fault = _stray(made, error), error
    for file in _visible(place):
        shown = f"{name}/{file.name}"
        if file.suffix == ".txt" and file.stem in KINDS and file.is_file():
            found = fault if tag not in made.words else _tried(file, shown, made, controller)
            assert found is not None  # noqa: S101 - where there are no words there is a fault
            made = replace(made, own={**made.own, (tag, file.stem): found})
        elif file.name != words.FILE:
            mend = f"Letters are {', '.join(f'{kind}.txt' for kind in sorted(KINDS))}."
            made = _stray(made, BadInput(shown, "is no letter.", mend))
    return made


def _stray(made: Wordings, error: BadInput) -> Wordings:
    return replace(made, strays=(*made.strays, error))


def _with_words(made: Wordings, place: Path, name: str, tag: str) -> Wordings:
    """The language's words: ours, with the house's own over them, or the house's own alone."""
    model = made.words_in(MODEL)
    ours = made.words_in(tag) if tag in our_languages() else None
    if ours is not None:
        made = replace(made, words={**made.words, tag: ours})
    file = place / words.FILE
    if file.is_file():
        found = words.read(file, f"{name}/{words.FILE}", ours=ours, model=model)
        return replace(made, words={**made.words, tag: found})
    if ours is None:
        mend = f"Translate {(OURS / MODEL / words.FILE).relative_to(OURS.parents[1])} there."
        raise BadInput(f"{name}/{words.FILE}", "is missing.", mend)
    return made


def _tried(file: Path, name: str, made: Wordings, controller: Controller) -> Wording | BadInput:
    try:
        wording = read(file, name, own=True)
        try_out(wording, made.words[file.parent.name.lower()], controller)
    except BadInput as error:
        return error
    return wording


def try_out(wording: Wording, its: words.Words, controller: Controller) -> None:
    """Writes a letter for every right, with all that can be said and with as little as can be.

    BadInput names the line of what is at fault.
    """
    for right in Right:
        for full in (True, False):
            facts = samples.facts(its, controller, right=right, full=full)
            try:
                wording.say(facts)
            except Lacking as lacking:
                _refuse_without(wording, lacking.fact, listed=isinstance(facts[lacking.fact], list))


def _refuse_without(wording: Wording, fact: str, *, listed: bool) -> NoReturn:
    problem = f"The law demands {fact} in every letter of this kind, as it is."
    mend = f"Write {{{{ {fact} }}}} with no if around it and no filter on it."
    if listed:
        mend = f"Write each of them with for, with no if around it and no filter: {fact}."
    refuse(wording.file, wording.line_of(fact), problem, mend)
