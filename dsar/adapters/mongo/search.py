"""A person's documents, collection by collection: by identifier, then by reference.

A value reaches the server under $eq or as a literal only, never as an operator; what comes back is
compared again here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsar.adapters import checkpoints, dotted
from dsar.adapters.dotted import at
from dsar.adapters.identifiers import exact, further, wanted
from dsar.adapters.mongo.database import MongoDatabase, named_failures
from dsar.adapters.mongo.match import held, identifiers_at, in_normal_form
from dsar.adapters.mongo.mongo_settings import MongoCollection
from dsar.adapters.mongo.values import json_of, key_of
from dsar.sdk import Match, NeedsHuman, Page, Record, Subject

#: References a search follows into one collection at most; they are sent at once.
_MOST_REFERENCES = 100_000

Pair = tuple[str, str]
Document = dict[str, Any]


@dataclass(slots=True)
class Search:
    """One search of one person: what is wanted, and what documents found so far refer to."""

    database: MongoDatabase
    subject: Subject
    start: tuple[str, str] | None
    #: (collection, field) → the values found there, by their text
    values: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def pages(self) -> Iterator[Page]:
        size = self.database.settings.page
        page: list[Record] = []
        further: dict[Pair, None] = {}
        last = ""
        for record, pairs, mark in self._records():
            if len(page) >= size:
                yield Page(page, last, tuple(further))
                page, further = [], {}
            page.append(record)
            further |= dict.fromkeys(pairs)
            last = mark
        if page:
            yield Page(page, None, tuple(further))

    def _records(self) -> Iterator[tuple[Record, tuple[Pair, ...], str]]:
        settings = self.database.settings
        for name, one in settings.collections.items():
            if fault := next(dotted.faults(one.paths(f"collections.{name}")), None):
                raise NeedsHuman(str(fault))
        with named_failures():
            if missing := self.database.missing():
                raise NeedsHuman(
                    f"The database has no collection {missing[0]}. Restore it, or mend the "
                    "declaration."
                )
        order = settings.in_order()
        given = order.index(self.start[0]) if self.start and self.start[0] in order else 0
        for place, name in enumerate(order):
            mark = self.start[1] if self.start and place == given else None
            found = self._behind(name, mark) if mark else self._in_collection(name)
            for record, pairs in found:
                if place >= given:
                    yield record, pairs, checkpoints.written(name, record.key)

    def _behind(self, name: str, mark: str) -> Iterator[tuple[Record, tuple[Pair, ...]]]:
        return checkpoints.behind(
            mark, lambda: self._in_collection(name), lambda found: found[0].key
        )

    def _in_collection(self, name: str) -> Iterator[tuple[Record, tuple[Pair, ...]]]:
        declared = self.database.settings.collections[name]
        wanted = self._wanted(declared)
        conditions = [*_identified(declared, wanted), *self._referring(name, declared)]
        if not conditions:
            return
        shared = self._shared(name, declared, wanted)
        with named_failures():
            cursor = self.database.documents(name).find({"$or": conditions}).sort("_id", 1)
            with cursor:
                for document in cursor:
                    made = self._record(name, declared, document, wanted, shared)
                    if made is not None:
                        if made.match is not Match.NAME_ONLY:
                            self._remember(name, document)
                        yield made, _further(declared, made)

    def _wanted(self, declared: MongoCollection) -> dict[str, frozenset[str]]:
        kinds = {
            kind: wanted(kind, self.subject.values(kind), declared.fold)
            for kind in declared.identify
        }
        return {kind: values for kind, values in kinds.items() if values}

    def _referring(self, name: str, declared: MongoCollection) -> Iterator[Document]:
        for path, target in declared.from_.items():
            parent, _, column = target.partition(".")
            values = list(self.values.get((parent, column), {}).values())
            if len(values) > _MOST_REFERENCES:
                raise NeedsHuman(
                    f"More documents than can be followed are referred to by {name}.",
                    code="too_large",
                )
            if values:
                yield {path: {"$in": values}}

    def _record(
        self,
        name: str,
        declared: MongoCollection,
        document: Document,
        wanted: Mapping[str, frozenset[str]],
        shared: frozenset[Pair],
    ) -> Record | None:
        pairs = set(_pairs(declared, wanted, document))
        if pairs - shared:
            match = Match.VERIFIED_IDENTIFIER
        elif pairs:
            match = Match.NAME_ONLY
        elif self._refers(declared, document):
            match = Match.DERIVED_KEY
        else:
            return None
        key = key_of(document["_id"])
        own = key if declared.unique and match is Match.VERIFIED_IDENTIFIER else None
        return Record(name, key, json_of(document), match, own)

    def _refers(self, declared: MongoCollection, document: Document) -> bool:
        for path, target in declared.from_.items():
            parent, _, column = target.partition(".")
            known = self.values.get((parent, column), {})
            if any(key_of(value) in known for value in at(document, path)):
                return True
        return False

    def _remember(self, name: str, document: Document) -> None:
        """The values other collections refer to."""
        for declared in self.database.settings.collections.values():
            for target in declared.from_.values():
                parent, _, column = target.partition(".")
                if parent == name:
                    held = self.values.setdefault((parent, column), {})
                    held |= {key_of(one): one for one in at(document, column) if one is not None}

    def _shared(
        self, name: str, declared: MongoCollection, wanted: Mapping[str, frozenset[str]]
    ) -> frozenset[Pair]:
        """The person's identifiers that stand in several documents; refused unless declared."""
        conditions = list(_identified(declared, wanted))
        if not declared.unique or not conditions:
            return frozenset()
        counted: Counter[Pair] = Counter()
        with named_failures():
            for document in self.database.documents(name).find({"$or": conditions}):
                counted.update(set(_pairs(declared, wanted, document)))
        shared = frozenset(pair for pair, count in counted.items() if count > 1)
        if shared and not declared.shared:
            kind, _ = min(shared)
            raise NeedsHuman(
                f"The {kind} belongs to more than one person in {name}. Find out which of them "
                "asked and add an identifier only that person has, such as a customer number.",
                code="shared_identifier",
            )
        return shared


def _identified(
    declared: MongoCollection, wanted: Mapping[str, frozenset[str]]
) -> Iterator[Document]:
    for kind, values in wanted.items():
        for path in declared.identify[kind]:
            if kind in {*declared.fold, "email", "phone"}:
                yield from in_normal_form(path, kind, sorted(values), declared.region)
            else:
                yield {path: {"$in": [form for value in sorted(values) for form in held(value)]}}


def _pairs(
    declared: MongoCollection, wanted: Mapping[str, frozenset[str]], document: Document
) -> Iterator[Pair]:
    for kind, values in wanted.items():
        for path in declared.identify[kind]:
            for text in identifiers_at(document, path):
                found = exact(kind, text, declared.fold, declared.region)
                if found in values:
                    yield kind, found


def _further(declared: MongoCollection, record: Record) -> tuple[Pair, ...]:
    if record.match is Match.NAME_ONLY:
        return ()
    return tuple(further(declared.gives, record.data, declared.region))
