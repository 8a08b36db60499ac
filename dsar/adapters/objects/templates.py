"""Keys of objects from templates: an identifier fills its place and never reaches beyond it.

`users/{customer_number}/*` is everything below that folder, `exports/{email}.json` one object.
A value with a separator, a wildcard, a control sign, or that is a step up, is nobody's key.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from urllib.parse import quote

from dsar.sdk import Subject

_PLACE = re.compile(r"\{([a-z][a-z0-9_-]{0,39})\}")
_WILD = frozenset("*?[]{}\\/")
_STEPS = frozenset({"", ".", ".."})
#: Bytes of one step of a key; file systems hold no more.
_STEP_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Template:
    """`text` without a last `/*`; `below` says that it had one."""

    text: str
    below: bool
    percent: bool

    @classmethod
    def of(cls, text: str, *, percent: bool) -> "Template":
        below = text.endswith("/*")
        return cls(text[:-2] if below else text, below, percent)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_PLACE.findall(self.text)))

    @property
    def floor(self) -> int:
        """How many of its first steps hold no identifier: folders that are nobody's."""
        steps = self.text.split("/")
        return next((n for n, step in enumerate(steps) if "{" in step), len(steps))

    def fault(self) -> tuple[str, str] | None:
        """What is wrong with it, and the mend."""
        fixed = _PLACE.sub("x", self.text)
        if not self.kinds:
            return "names nobody.", "Write {email}, or another kind of identifier, into it."
        if _WILD & set(fixed.replace("/", "")):
            return "has a wildcard within.", 'Only a last "/*" is allowed.'
        if _STEPS & set(fixed.split("/")):
            return "has an empty step, or one that leads elsewhere.", 'Write it as "a/{email}/*".'
        return None

    def filled(self, subject: Subject) -> Iterator[str]:
        """The keys, or folders where `below`, that are this person's."""
        values = [
            [written for value in subject.values(kind) if (written := self._written(value))]
            for kind in self.kinds
        ]
        for chosen in product(*values):
            known = dict(zip(self.kinds, chosen, strict=True))
            key = _PLACE.sub(partial(_put, known), self.text)
            if _sound(key):
                yield key

    def _written(self, value: str) -> str | None:
        text = unicodedata.normalize("NFC", value)
        if not text.strip():
            return None
        if self.percent:
            return quote(text, safe="", errors="replace")
        strange = _WILD & set(text) or any(unicodedata.category(sign)[0] == "C" for sign in text)
        return None if strange else text

    def holds(self, key: str) -> bool:
        """Whether a key can be one of this template's."""
        pieces = _PLACE.split(self.text)[::2]
        pattern = "[^/]+".join(map(re.escape, pieces)) + ("/.+" if self.below else "")
        inner = key.removesuffix("/") if self.below else key
        return bool(re.fullmatch(pattern, key, re.DOTALL)) and _sound(inner)


def _put(known: Mapping[str, str], place: re.Match[str]) -> str:
    return known[place[1]]


def _sound(key: str) -> bool:
    steps = key.split("/")
    return not _STEPS & set(steps) and all(
        len(step.encode("utf-8", "replace")) <= _STEP_LIMIT for step in steps
    )
