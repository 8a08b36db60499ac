"""When a row is a person's: its identifiers in exact normal form, its key."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsar.adapters.dotted import texts
from dsar.adapters.files.files_settings import FileCollection
from dsar.adapters.identifiers import exact, wanted
from dsar.sdk import Match, Subject

Pair = tuple[str, str]


def key_of(declared: FileCollection, data: Mapping[str, Any]) -> str | None:
    """The text that names a row, or None where a part of its key is missing or empty."""
    if declared.by_content:
        whole = json.dumps(data, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()
    parts = [next(texts(data, name), "") for name in declared.key]
    if not all(parts):
        return None
    return parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class RowMatcher:
    """Tells the rows of one person from all others, in one collection."""

    declared: FileCollection
    wanted: Mapping[str, frozenset[str]]
    names: frozenset[str]

    @classmethod
    def of(cls, declared: FileCollection, subject: Subject) -> "RowMatcher":
        found = {
            kind: wanted(kind, subject.values(kind), declared.fold) for kind in declared.identify
        }
        names = subject.values("name") if declared.name_match else ()
        return cls(
            declared,
            {kind: values for kind, values in found.items() if values},
            frozenset(name for name in names if name.strip()),
        )

    def __bool__(self) -> bool:
        return bool(self.wanted or self.names)

    def pairs(self, data: Mapping[str, Any]) -> Iterator[Pair]:
        """The person's identifiers that stand in this row."""
        for kind, values in self.wanted.items():
            for column in self.declared.identify[kind]:
                for text in texts(data, column):
                    found = exact(kind, text, self.declared.fold, self.declared.region)
                    if found in values:
                        yield kind, found

    def match(self, data: Mapping[str, Any], shared: frozenset[Pair]) -> Match | None:
        """How surely the row is theirs; identifiers in `shared` belong to others too."""
        pairs = set(self.pairs(data))
        if pairs - shared:
            return Match.VERIFIED_IDENTIFIER
        return Match.NAME_ONLY if pairs or self._named(data) else None

    def _named(self, data: Mapping[str, Any]) -> bool:
        column = self.declared.name_match
        found = texts(data, column) if self.names and column else ()
        return any(exact("name", text, ()) in self.names for text in found)
