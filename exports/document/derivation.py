"""Tells a person how the day their answer was due follows from the day they asked.

A clock's steps are written for staff, in English and with their sources. Here those that moved the
day are told again in the report's language: under every law the last of them ends on the day that
counts, which a test holds. What staff alone needs (other readings of the law, notices without
effect) has no kind and is not told.
"""

from collections.abc import Iterable

from dsar.domain.clock import DerivationStep
from dsar.words import Words


def told(steps: Iterable[DerivationStep], words: Words) -> list[str]:
    """The steps that moved the due date, as sentences, in their order."""
    return [_sentence(step, words) for step in steps if step.kind is not None]


def _sentence(step: DerivationStep, words: Words) -> str:
    spoken = {name: _spoken(name, fact, words) for name, fact in step.facts.items()}
    return words.say("derivation", str(step.kind), **spoken)


def _spoken(name: str, fact: str, words: Words) -> str:
    if name == "term":
        return words.period(fact)
    if name == "days":
        return words.period(f"{fact} days" if fact != "1" else "1 day")
    if name == "why":
        return words.said("weekday", fact)
    return words.date(fact)
