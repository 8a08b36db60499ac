"""Tells a person how the day their answer was due follows from the day they asked.

A clock's steps are written for staff, in English and with their sources. Here those that moved the
day are told again in the report's language: under every law the last of them ends on the day that
counts, which a test holds. What staff alone needs (other readings of the law, notices without
effect) is not told.
"""

import re
from collections.abc import Iterable, Iterator

from dsar.domain.clock import DerivationStep
from dsar.words import Words

_DAY = r"\d{4}-\d\d-\d\d"
_TERM = r"\d+ [a-z ]+?"
_ASKED = rf"\w+ on (?P<asked>{_DAY}), answered on (?P<answered>{_DAY})"

#: What a step says, by the words it is told in.
_STEPS = {
    "period": re.compile(rf"(?P<term>{_TERM}) from (?P<start>{_DAY})"),
    "begun": re.compile(_ASKED),
    "paused": re.compile(rf"{_ASKED}: (?P<days>\d+) days do not count"),
    "rolled": re.compile(rf"(?P<day>{_DAY}) is (?P<why>.+) \([^()]+\)"),
    "extended": re.compile(
        rf"extension by (?P<term>{_TERM}) notified on (?P<told>{_DAY}), in time by {_DAY}, .+"
    ),
}
_RESULT = re.compile(_DAY)
#: The steps whose sentence is like one that is told, but that are no part of the period itself.
_APART = frozenset({"Acknowledge the request"})


def told(steps: Iterable[DerivationStep], words: Words) -> list[str]:
    """The steps that moved the due date, as sentences, in their order."""
    return [sentence for step in steps for sentence in _told(step, words)]


def _told(step: DerivationStep, words: Words) -> Iterator[str]:
    result = _RESULT.search(step.result)
    if result is None or step.rule in _APART:
        return
    for name, said in _STEPS.items():
        found = said.fullmatch(step.input)
        if found:
            facts = {"result": result[0], **found.groupdict()}
            spoken = {key: _spoken(key, fact, words) for key, fact in facts.items()}
            yield words.say("derivation", name, **spoken)


def _spoken(key: str, fact: str, words: Words) -> str:
    if key == "term":
        return words.period(fact)
    if key == "days":
        return words.period(f"{fact} days" if fact != "1" else "1 day")
    if key == "why":
        return words.said("weekday", fact)
    return words.date(fact)
