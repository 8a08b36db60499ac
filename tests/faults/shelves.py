"""A source that keeps its own ledger of every change, so that nothing done twice stays unseen.

It cannot repeat a batch harmlessly and says so (`repeatable = False`): an interrupted batch has to
be asked about. Between two items it calls `world.turn`, where a test may end the process.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from dsar.config.sources import Source, Sources
from dsar.domain.identity import Subject
from dsar.domain.policy import Activity, Basis, Policy, Retention
from dsar.domain.records import Collection, Done, Field, Item, Receipt, Record
from dsar.sdk import Adapter, Batch, Page, Problem

EMAIL = "jane@example.org"
SOURCES = ("left", "right")
COLLECTIONS = ("notes", "things")
RECORDS = 3
#: Everything of the person that stands on the shelves.
EVERY = frozenset(
    (source, collection, f"{collection}-{number}")
    for source in SOURCES
    for collection in COLLECTIONS
    for number in range(RECORDS)
)


@dataclass
class World:
    """What the systems outside hold and what was done to them."""

    gone: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    begun: set[tuple[str, str]] = field(default_factory=set)
    turn: Callable[[str], None] = lambda _where: None

    def erase(self, source: str, collection: str, key: str) -> None:
        self.gone[(source, collection, key)] += 1

    def finish_by_hand(self) -> None:
        """Staff looks where a batch was interrupted and does the rest of it."""
        for place in EVERY - set(self.gone):
            if place[:2] in self.begun:
                self.gone[place] += 1

    @property
    def doubled(self) -> int:
        return sum(number - 1 for number in self.gone.values())


@dataclass(frozen=True)
class ShelfSettings:
    world: World
    source: str


class Shelf(Adapter):
    """Two collections of three records, two records a page."""

    name = "shelf"
    title = "Shelf"
    identifies_by = ("email",)
    Settings: ClassVar[type] = ShelfSettings
    repeatable = False

    def collections(self) -> Sequence[Collection]:
        words = Field("words", {"en": "Words"}, {"en": "What you wrote."}, "text")
        return [Collection(name, {"en": name.title()}, (words,)) for name in COLLECTIONS]

    def check(self) -> Sequence[Problem]:
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        if EMAIL not in subject.values("email"):
            return
        world, source = self.settings.world, self.settings.source
        mine = sorted(place for place in EVERY if place[0] == source and place not in world.gone)
        for start in range(int(checkpoint or 0), len(mine), 2):
            world.turn("reading")
            records = [
                Record(name, key, {"words": key}) for _, name, key in mine[start : start + 2]
            ]
            yield Page(records, str(start + 2) if start + 2 < len(mine) else None)

    def erase(self, batch: Batch) -> Iterator[Receipt]:
        world, source = self.settings.world, self.settings.source
        world.begun.add((source, batch.collection))
        for item in batch.items:
            world.turn("about to erase")
            world.erase(source, batch.collection, item.key)
            yield Receipt(batch.collection, item.key, Done.ERASED)
        world.turn("erased")

    def probe(self, batch: Batch) -> Iterator[Receipt]:
        """Which of these are still there; changes nothing."""
        for item in batch.items:
            yield self._receipt(batch.collection, item)

    def _receipt(self, collection: str, item: Item) -> Receipt:
        gone = (self.settings.source, collection, item.key) in self.settings.world.gone
        return Receipt(collection, item.key, Done.MISSING if gone else Done.KEPT)


def sources(world: World) -> Sources:
    return Sources(
        {name: Source(name, name.title(), Shelf, ShelfSettings(world, name)) for name in SOURCES}
    )


def policy() -> Policy:
    """One activity on consent uses everything; nothing has to be kept."""
    notes = Activity(
        "notes",
        {"en": "Notes"},
        {"en": "Keeping your notes."},
        Basis.CONSENT,
        Retention({"en": "until you withdraw"}),
    )
    places = tuple(f"{source}.{name}" for source in SOURCES for name in COLLECTIONS)
    return Policy(version="1", activities={"notes": notes}, data={"notes": places})
