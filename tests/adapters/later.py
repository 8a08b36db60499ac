"""A colleague, or another system, that answers at once: a few rows and what can be done to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsar.adapters.kinds import Entry, Kind
from dsar.sdk import Done, Receipt, Record, Subject
from dsar.sdk.contract import World
from dsar.sdk.desk import Answer, Question, Wanted

KINDS: Mapping[str, Kind] = {
    "people": Kind(
        columns={
            "email": Entry({"en": "E-mail address"}),
            "name": Entry({"en": "Name"}),
            "note": Entry({"en": "Note"}),
        }
    )
}

ROWS = {
    "1": {"email": "ann@example.com", "name": "Ann", "note": ""},
    "2": {"email": "ann@example.com", "name": "Ann", "note": "twice"},
    "3": {"email": "ann@example.com", "name": "Ann", "note": "thrice"},
    "4": {"email": "anna@example.com", "name": "Anna", "note": ""},
}

WORLD = World(
    person=Subject.of([("email", "ann@example.com")]),
    keys={"people": frozenset({"1", "2", "3"})},
    neighbour=Subject.of([("email", "anna@example.com")]),
    correction=("people", "name", "Anne"),
)

_DONE = {
    "erase": Done.ERASED,
    "rectify": Done.RECTIFIED,
    "restrict": Done.RESTRICTED,
    "object_to": Done.STOPPED,
}


@dataclass
class Shelf:
    """Rows by key; it compares identifiers for equality, as whoever is asked is told to."""

    rows: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {key: dict(row) for key, row in ROWS.items()}
    )

    def __call__(self, verb: str, question: Question) -> Answer:
        if verb == "find":
            known = {value for kind, value in question.identifiers if kind == "email"}
            return Answer(
                records=tuple(
                    Record("people", key, dict(row))
                    for key, row in self.rows.items()
                    if row["email"] in known
                )
            )
        return Answer(receipts=tuple(self._act(verb, one) for one in question.wanted))

    def _act(self, verb: str, one: Wanted) -> Receipt:
        if one.key not in self.rows or one.collection != "people":
            return Receipt(one.collection, one.key, Done.MISSING)
        if verb == "erase" and not one.fields:
            del self.rows[one.key]
        self.rows.get(one.key, {}).update(dict.fromkeys(one.fields), **one.changes)
        return Receipt(one.collection, one.key, _DONE[verb])
