"""Why something was kept, withheld, failed, put off or waits for a person: a code with parameters.

Nothing is decided by a sentence. The words of each code stand at the edge, in
`templates/words/reasons`: for staff, and for the person in their language. A code that has none for
the person tells them that it could not be done, and whom to ask.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

#: A number, a name, several names, words by language (`dsar.domain.records.Text`), or what lies
#: behind it. No personal data.
Param: TypeAlias = "int | str | Sequence[str] | Mapping[str, str] | Reason"

#: Signs of a free sentence that are kept.
LONGEST = 500
#: A sentence for staff that is nobody's code: what was stored before there were codes, say.
TOLD = "told"
#: What an adapter said in words of its own; staff alone reads them.
ADAPTER = "adapter"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of `dsar.domain.reason_codes` with its parameters.

    `params["text"]`, where it is given, is a sentence in English that staff reads as it stands.
    """

    code: str
    params: Mapping[str, Param] = field(default_factory=dict, hash=False)

    def param(self, name: str) -> Param:
        """A parameter; "" where it was not given."""
        return self.params.get(name, "")

    def names(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list of names."""
        value = self.params.get(name, ())
        return tuple(map(str, value)) if isinstance(value, list | tuple) else ()

    def as_json(self) -> dict[str, Any]:
        """The reason as JSON values, for a journal, a page of records or a row."""
        if not self.params:
            return {"code": self.code}
        return {"code": self.code, "params": {k: _plain(v) for k, v in self.params.items()}}


#: What an adapter said with a receipt of what it keeps: the person reads it, quoted.
SOURCE_KEEPS = "source_keeps"
#: The same, where it gave no reason.
KEPT_UNSAID = "kept_unsaid"

#: What an adapter may say by a code, for the person to read it in their language.
SEAM = frozenset(
    {
        "answered_no",
        "away",
        "cannot",
        "no_answer",
        "not_as_declared",
        "not_there",
        "nothing_to_erase",
        "other_purposes",
        "refused",
        "shared_identifier",
        "still_referenced",
        "too_large",
        "unfinished",
        "unreadable",
    }
)

#: Why a source is not asked to erase after all: a hold was placed behind the approval.
HOLD_IN_FORCE = Reason("hold_in_force")


def _plain(value: Param) -> Any:
    return value.as_json() if isinstance(value, Reason) else value


def from_adapter(text: str, code: str = "", params: Mapping[str, Param] | None = None) -> Reason:
    """What an adapter gave as a reason: a sentence for staff, a code, or both."""
    said: dict[str, Param] = {"text": text[:LONGEST]} if text else {}
    return Reason(code or ADAPTER, {**(params or {}), **said})


def receipt_reason(text: str, code: str = "", *, otherwise: str = SOURCE_KEEPS) -> Reason:
    """Why a receipt says that a record was kept; with `otherwise`, what it means without a code."""
    if not text and code not in SEAM:
        return Reason(KEPT_UNSAID if otherwise == SOURCE_KEEPS else otherwise)
    return from_adapter(text, code if code in SEAM else otherwise)


def told(text: str, code: str = TOLD) -> Reason:
    """A sentence for staff."""
    return Reason(code, {"text": text[:LONGEST]})


def from_json(stored: Any) -> Reason:
    """The reason in JSON values; a plain text is a sentence for staff."""
    if not isinstance(stored, Mapping):
        return told(str(stored))
    params = {name: _param(value) for name, value in stored.get("params", {}).items()}
    return Reason(str(stored["code"]), params)


def _param(value: Any) -> Any:
    return from_json(value) if isinstance(value, Mapping) and "code" in value else value


def as_text(reason: Reason | None) -> str:
    """The reason as one text; "" for none."""
    if reason is None:
        return ""
    return json.dumps(reason.as_json(), ensure_ascii=False, separators=(",", ":"))


def from_text(stored: str) -> Reason | None:
    """What `as_text` made; any other text is a sentence for staff, "" is no reason."""
    if not stored:
        return None
    if not stored.startswith('{"code":'):
        return told(stored)
    try:
        return from_json(json.loads(stored))
    except ValueError:
        return told(stored)
