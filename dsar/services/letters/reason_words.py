"""The words of a reason for staff: `templates/words/<language>/reasons.toml`, section [staff].

Those for the person stand beside them, see `person`. What staff is told never reaches the person.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dsar.domain.errors import BadInput
from dsar.domain.reasons import Param, Reason, from_json
from dsar.domain.regimes import Regime
from dsar.words import MODEL, Words, ours
from dsar.words.catalogue import braced, texts

#: The file with the words of reasons.
PART = "reasons"
STAFF, GROUND = "staff", "ground"
#: Parameters that are names with words of their own, and the section these stand in.
_WORDS = {"kinds": "identified_by", "verb": "verb"}

#: How a ground of the law is cited.
Cite = Callable[[str], str]


def for_staff(reason: Reason | None, regime: Regime | None = None, language: str = MODEL) -> str:
    """What staff reads; "" for no reason. `regime` cites the ground of a ruling.

    A sentence that came with the reason stands as it is.
    """
    if reason is None:
        return ""
    if text := reason.param("text"):
        return str(text)
    words = ours().spoken(language).words(PART)
    if reason.code not in words[STAFF]:
        return reason.code.replace("_", " ")

    def nested(why: Reason) -> str:
        return for_staff(why, regime, language)

    return say(words, STAFF, reason, cite=lambda ground: cited(regime, ground), nested=nested)


def doubted(row: Mapping[str, Any]) -> str:
    """What staff reads of a ticket's doubt."""
    return str(row["text"]) if "text" in row else for_staff(from_json(row))


def cited(regime: Regime | None, ground: str) -> str:
    """A ground in words: the provision where the regime knows it, else the ground itself."""
    try:
        return regime.citation(ground) if regime is not None and ground else ground
    except BadInput:
        known = ours().spoken(MODEL).words(PART)[GROUND]
        return str(known.get(ground, ground.replace("_", " ")))


def say(
    words: Words, section: str, reason: Reason, *, cite: Cite, nested: Callable[[Reason], str]
) -> str:
    """The words of a reason's code with its parameters; one that was not given is left out."""
    forms = [str(text) for text in texts(words[section][reason.code])]
    named = frozenset().union(*(braced(form) or () for form in forms)) | {"count"}
    facts = {name: _fact(words, name, reason.param(name), cite, nested) for name in named}
    facts["count"] = facts["count"] or 0
    return words.say(section, reason.code, **facts)


def _fact(
    words: Words, name: str, value: Param, cite: Cite, nested: Callable[[Reason], str]
) -> int | str:
    """A parameter as it stands in the sentence."""
    if isinstance(value, Reason):
        return nested(value)
    if isinstance(value, Mapping):
        return words.of(value)
    if isinstance(value, int):
        return value
    texts = [value] if isinstance(value, str) else list(value)
    if name in _WORDS:
        known = words[_WORDS[name]]
        texts = [str(known.get(text, text.replace("_", " "))) for text in texts]
    text = words.listed(texts, "or")
    return cite(text) if name == GROUND else text
