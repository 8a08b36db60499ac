"""An adapter that keeps every promise of the contract, and the world it is tried in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dsar.sdk import (
    Adapter,
    Batch,
    Collection,
    Done,
    Field,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Record,
    Subject,
)
from dsar.sdk.contract import World

ROWS = {
    "1": {"email": "ann@example.com", "name": "Ann"},
    "2": {"email": "ann+tag@example.com", "name": "Ann"},
    "3": {"email": "ann@example.com", "name": "Ann"},
    "4": {"email": "", "name": "Nobody"},
    "5": {"email": "ann@example.com", "name": "Ann"},
}

#: A row that somebody else depends on too.
SHARED = "5"


@dataclass
class Settings:
    rows: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {key: dict(row) for key, row in ROWS.items()}
    )


class Sound(Adapter):
    name = "sound"
    title = "People in memory"
    identifies_by = ("email",)
    Settings = Settings

    def collections(self) -> Sequence[Collection]:
        fields = (Field("email", {"en": "E-mail"}), Field("name", {"en": "Name"}))
        return [Collection("people", {"en": "People"}, fields)]

    def check(self) -> Sequence[Problem]:
        return []

    def matches(self, stored: str, wanted: str) -> bool:
        return bool(wanted) and stored == wanted

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        if checkpoint and not checkpoint.isdigit():
            raise NeedsHuman("No checkpoint of this source's.")
        rows = self.settings.rows
        wanted = subject.values("email")
        own = [
            key for key, row in rows.items() if any(self.matches(row["email"], w) for w in wanted)
        ]
        left = [key for key in own if int(key) > int(checkpoint or 0)]
        for place, key in enumerate(left):
            more = place + 1 < len(left)
            record = Record("people", key, dict(rows[key]), shared=key == SHARED)
            yield Page([record], key if more else None)

    def erase(self, batch: Batch) -> list[Receipt]:
        return [self._each(batch, item, self.settings.rows.pop) for item in batch.items]

    def rectify(self, batch: Batch) -> list[Receipt]:
        return [self._rectified(batch, item) for item in batch.items]

    def probe(self, batch: Batch) -> list[Receipt]:
        there = {True: Done.KEPT, False: Done.MISSING}
        return [
            Receipt("people", item.key, there[item.key in self.settings.rows], "It is there.")
            for item in batch.items
        ]

    def _each(self, batch: Batch, item: Any, act: Callable[[str], Any]) -> Receipt:
        if batch.collection != "people":
            return Receipt(batch.collection, item.key, Done.FAILED, "No such collection.")
        if item.key not in self.settings.rows:
            return Receipt("people", item.key, Done.MISSING)
        act(item.key)
        return Receipt("people", item.key, Done.ERASED)

    def _rectified(self, batch: Batch, item: Any) -> Receipt:
        row = self.settings.rows.get(item.key)
        unknown = [name for name in item.changes if row is None or name not in row]
        if batch.collection != "people" or row is None or unknown:
            reason = f"There is no field {', '.join(unknown)}."
            return Receipt(batch.collection, item.key, Done.FAILED, reason)
        row.update(item.changes)
        return Receipt("people", item.key, Done.RECTIFIED)


class Marking(Sound):
    """Can set people aside too, and let them be used again."""

    def collections(self) -> Sequence[Collection]:
        [people] = super().collections()
        return [replace(people, fields=(*people.fields, Field("aside", {"en": "Set aside"})))]

    def restrict(self, batch: Batch) -> list[Receipt]:
        return self._marked(batch, Done.RESTRICTED, lambda row: row.update(aside=True))

    def lift(self, batch: Batch) -> list[Receipt]:
        return self._marked(batch, Done.LIFTED, lambda row: row.pop("aside", None))

    def _marked(
        self, batch: Batch, done: Done, mark: Callable[[dict[str, Any]], Any]
    ) -> list[Receipt]:
        found = [
            self._each(batch, item, lambda key: mark(self.settings.rows[key]))
            for item in batch.items
        ]
        return [replace(one, done=done) if one.done is Done.ERASED else one for one in found]


WORLD = World(
    person=Subject.of([("email", "ann@example.com")]),
    keys={"people": frozenset({"1", "3", "5"})},
    neighbour=Subject.of([("email", "ann+tag@example.com")]),
    correction=("people", "name", "Anne"),
    shared={"people": frozenset({SHARED})},
)
