"""Invented facts, to look at a letter before anybody gets one."""

from datetime import date

from dsar.domain.controller import Controller
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.letters.facts import standing
from dsar.services.letters.wording import Facts
from dsar.words import Words, ours

#: A day with one figure and a month with an umlaut: what goes wrong with dates shows here.
_RECEIVED, _TODAY, _DUE = date(2026, 3, 2), date(2026, 3, 5), date(2026, 4, 2)


def facts(
    words: Words,
    controller: Controller,
    *,
    right: Right = Right.ACCESS,
    regime: str = "eu_gdpr",
    full: bool = True,
) -> Facts:
    """The facts of a ticket that nobody has; not `full`: with nothing that can be left out."""
    law = regimes.load(regime)
    legal = {name: one.text for name, one in law.refusal.grounds.items()}
    grounds = words["ground"].get(regime) or legal
    said = str(words["sample"]["reason"])
    reasons = [said, str(next(iter(grounds.values())))] if full else [said]
    source, why = words["sample"]["source"], words["sample"]["kept"]
    gap = words.say("gap", "record", source=source, count=1, because=why)
    known = standing(words, controller, law, right)
    return {
        **known,
        "signature": known["signature"] if full else controller.name,
        "reference": "R-00000-00000-1",
        "received_on": words.date(_RECEIVED),
        "due_on": words.date(_DUE),
        "today": words.date(_TODAY),
        "deadline_words": words["deadline"]["waiting"] if full else "",
        "reasons": reasons,
        "answer": ours().spoken(words.tag).words("report")["nothing_held"][right.value],
        "unsearched": [gap] if full else [],
        "gaps": [gap, f"{gap} (2)"] if full else [gap],
        "link": "https://example.org/r/1" if full else "",
    }
