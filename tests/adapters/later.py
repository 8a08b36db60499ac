"""A colleague, or another system, that answers at once: a few rows and what can be done to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from dsar.adapters.dictionary import DictionaryField
from dsar.adapters.kinds import RecordKind
from dsar.sdk import Adapter, Done, Receipt, Record, Subject
from dsar.sdk.contract import AdapterContract, World
from dsar.sdk.desk import Answer, Question, Wanted
from dsar.sdk.promises import act_on_all, run_all
from dsar.sdk.trial_desk import TrialDesk

KINDS: Mapping[str, RecordKind] = {
    "people": RecordKind(
        columns={
            "email": DictionaryField({"en": "E-mail address"}),
            "name": DictionaryField({"en": "Name"}),
            "note": DictionaryField({"en": "Note"}),
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
    "lift": Done.LIFTED,
}


class LaterContract(AdapterContract):
    """The contract, kept by a source whose desk is a `TrialDesk` over a `Shelf`."""

    @pytest.fixture
    def world(self) -> World:
        return WORLD

    def test_a_record_that_is_not_there_is_never_called_erased(
        self, adapter: Adapter, world: World
    ) -> None:
        """The same batch is the same question; another task's is put anew."""
        act_on_all(adapter, "erase", world.person)
        assert isinstance(adapter.desk, TrialDesk)
        adapter.desk = adapter.desk.anew()
        again = run_all(adapter, "erase", [(n, tuple(own)) for n, own in world.keys.items()])
        assert {one.done for one in again} == {Done.MISSING}


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
