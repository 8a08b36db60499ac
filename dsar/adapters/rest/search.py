"""A search: each declared way with each of the person's identifiers, then what these lead to.

A checkpoint names the way, the identifier by its hash, what the next page is asked for by, and what
the ways so far have led to. Where that is a lot, it is asked for again after a crash instead.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsar.adapters.http import Client
from dsar.adapters.identifiers import further, wanted
from dsar.adapters.rest import paths
from dsar.adapters.rest.list_pages import ListRequest
from dsar.adapters.rest.match import carried
from dsar.adapters.rest.rest_settings import Find, RestCollection, RestSettings
from dsar.sdk import Match, NeedsHuman, Page, Record, Subject

#: A value to ask with, and whether it is surely the person's.
Values = dict[str, bool]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of one collection, in the order of the search."""

    number: int
    collection: str
    declared: RestCollection
    find: Find


#: The most values a checkpoint carries along.
MOST_LED = 500


@dataclass(frozen=True, slots=True)
class SearchPlace:
    """Where a search stands: the way, the hash of the value, the page; None is its first."""

    way: int = 0
    value: str = ""
    mark: str | None = None
    over: bool = False

    def text(self, led: Mapping[str, Values] | None) -> str:
        """The checkpoint, with what the ways have led to; None leaves that to be asked again."""
        return json.dumps([self.way, self.value, self.mark, self.over, led])

    @classmethod
    def of(cls, checkpoint: str | None) -> "tuple[SearchPlace, dict[str, Values] | None]":
        """The place and what was led to; NeedsHuman where the text is none of ours."""
        if checkpoint is None:
            return cls(), {}
        try:
            way, value, mark, over, led = json.loads(checkpoint)
            known = None if led is None else {str(name): dict(one) for name, one in led.items()}
            return cls(int(way), str(value), mark, bool(over)), known
        except (ValueError, TypeError, AttributeError):
            raise NeedsHuman("This checkpoint is not one of this source's. Search anew.") from None


def order(collections: Mapping[str, RestCollection]) -> tuple[list[str], list[str]]:
    """The collections, those that lead to others first; and those that lead in a circle."""
    done: list[str] = []
    left = dict(collections)
    while ready := [name for name, one in left.items() if parents(one) <= set(done)]:
        done += ready
        left = {name: one for name, one in left.items() if name not in ready}
    return done, list(left)


def listed(collections: Mapping[str, RestCollection]) -> list[str]:
    """All collections in the order of the dictionary: erasure walks it backwards."""
    ordered, rest = order(collections)
    names = [*ordered, *rest]
    for name in list(names):
        taken = collections[name].erased_with
        if taken and taken.collection in names and taken.collection != name:
            names.remove(name)
            names.insert(names.index(taken.collection), name)
    return names


def parents(declared: RestCollection) -> set[str]:
    """The collections that lead to this one."""
    return {way.from_.partition(".")[0] for way in declared.find if way.from_}


class Search:
    """One search for one person; knows in which ways it has been, and what they led to."""

    def __init__(self, client: Client, settings: RestSettings, subject: Subject) -> None:
        self._client = client
        self._settings = settings
        self._subject = subject
        ordered = [
            (name, settings.collections[name], find)
            for name in order(settings.collections)[0]
            for find in sorted(settings.collections[name].find, key=lambda way: bool(way.from_))
        ]
        self._ways = [Way(number, *one) for number, one in enumerate(ordered)]
        self._led: dict[str, Values] = {}
        self._whole = True
        self._walked: set[int] = set()
        self._asked: dict[int, Values] = {}
        self._given: set[tuple[str, str]] = set()

    def pages(self, checkpoint: str | None) -> Iterator[Page]:
        """The person's records from the checkpoint on; the last page alone has none."""
        start, led = SearchPlace.of(checkpoint)
        self._led, self._whole = led or {}, led is not None
        if self._whole:
            self._walked = set(range(start.way))
        said, over = False, True
        for way in self._ways[start.way :]:
            here = start if way.number == start.way else SearchPlace(way.number)
            for records, place in self._walk(way, here):
                over = place.over and not self._more(way, place)
                page = self._page(way, records, None if over else place)
                if page.records or (over and said):
                    said = True
                    yield page

    def _walk(self, way: Way, start: SearchPlace) -> Iterator[tuple[list[Record], SearchPlace]]:
        """Each page of this way from `start` on, and the place behind it."""
        values = self._values(way)
        last = next(reversed(values), None)
        asking = ListRequest(self._client, self._settings, way.collection, way.find)
        for value, sure in values.items():
            name = _digest(value)
            if name < start.value or (name == start.value and start.over):
                continue
            mark = start.mark if name == start.value else None
            for answer in asking.answers(value, mark):
                records = list(self._theirs(way, answer.records, value, sure))
                over = answer.next is None
                if over and value == last and (self._whole or not start.value):
                    self._walked.add(way.number)
                yield records, SearchPlace(way.number, name, answer.next, over)
        if self._whole or not start.value:
            self._walked.add(way.number)

    def _more(self, way: Way, place: SearchPlace) -> bool:
        """Whether anything is to be asked after this place, the last page of its value."""
        values = list(self._values(way))
        if values and _digest(values[-1]) > place.value:
            return True
        return any(self._values(other) for other in self._ways[way.number + 1 :])

    def _page(self, way: Way, records: list[Record], place: SearchPlace | None) -> Page:
        gives = way.declared.gives
        sure = [record for record in records if record.match is not Match.NAME_ONLY]
        found = dict.fromkeys(
            pair for record in sure for pair in further(gives, record.data, way.declared.region)
        )
        return Page(records, place.text(self._carried()) if place else None, tuple(found))

    def _carried(self) -> Mapping[str, Values] | None:
        size = sum(map(len, self._led.values()))
        return self._led if self._whole and size <= MOST_LED else None

    # --- what is asked with -----------------------------------------------------------------------

    def _values(self, way: Way) -> Values:
        """The values this way asks with, in the order of their hashes."""
        if way.number not in self._asked:
            self._asked[way.number] = self._looked_up(way)
        return self._asked[way.number]

    def _looked_up(self, way: Way) -> Values:
        find = way.find
        if find.by:
            kind = find.by
            known = wanted(kind, self._subject.values(kind), way.declared.fold)
            values = dict.fromkeys(known, not (kind == "name" or find.shared))
        else:
            values = self._linked(find.from_)
        return dict(sorted(values.items(), key=lambda pair: _digest(pair[0])))

    def _linked(self, target: str) -> Values:
        """What the records of another collection lead to; asked for again after a crash."""
        collection = target.partition(".")[0]
        for way in self._ways:
            if way.collection == collection and way.number not in self._walked:
                for _page in self._walk(way, SearchPlace(way.number)):
                    pass
        return dict(self._led.get(target, {}))

    def _lead(self, collection: str, raw: Mapping[str, Any], sure: bool) -> None:
        """Remembers what other ways ask with."""
        for way in self._ways:
            name, _, path = way.find.from_.partition(".")
            if name == collection:
                known = self._led.setdefault(way.find.from_, {})
                for text in paths.texts(raw, path):
                    if text.strip():
                        known[text] = known.get(text, False) or sure

    # --- what comes back --------------------------------------------------------------------------

    def _theirs(
        self, way: Way, answered: Sequence[Mapping[str, Any]], value: str, sure: bool
    ) -> Iterator[Record]:
        for raw in answered:
            if not self._carries(way, raw, value):
                continue
            self._lead(way.collection, raw, sure)
            record = self._record(way, raw, sure)
            if not self._was_given(way, raw, value, record.key):
                yield record

    def _carries(self, way: Way, raw: Mapping[str, Any], value: str) -> bool:
        if way.find.by_address or value in carried(way.find, raw, way.declared):
            return True
        if way.find.fuzzy:
            return False
        raise NeedsHuman(
            f"{self._settings.host} answered another person's record: one of {way.collection} does "
            "not carry what was asked for. Mend the declaration, or say fuzzy = true if its search "
            "also finds what is similar."
        )

    def _was_given(self, way: Way, raw: Mapping[str, Any], value: str, key: str) -> bool:
        """Whether an earlier way, or this one with an earlier value, has brought the record.

        Told by what the record carries, so that it is the same after a crash; and within one run by
        its key, where the address alone makes records the person's.
        """
        if way.find.by_address:
            known_key = (way.collection, key)
            given = known_key in self._given
            self._given.add(known_key)
            return given
        for other in self._ways[: way.number + 1]:
            if other.collection != way.collection:
                continue
            known = carried(other.find, raw, other.declared)
            asked = self._values(other) if known else {}
            if any(
                one in known and (other.number < way.number or _digest(one) < _digest(value))
                for one in asked
            ):
                return True
        return False

    def _record(self, way: Way, raw: Mapping[str, Any], sure: bool) -> Record:
        key = paths.first(raw, way.declared.key)
        if not key:
            raise NeedsHuman(
                f"{self._settings.host} answered a record of {way.collection} without a key at "
                f"{way.declared.key}. Correct the setting key."
            )
        surely = Match.DERIVED_KEY if way.find.from_ else Match.VERIFIED_IDENTIFIER
        return Record(
            way.collection,
            key,
            paths.spread(raw, way.declared.spread),
            match=surely if sure else Match.NAME_ONLY,
            subject=paths.first(raw, way.declared.subject) or None,
        )


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:32]
