"""A MongoDB database: documents by identifier and by reference."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dsar.adapters import checkpoints, dotted
from dsar.adapters.dictionary import collection
from dsar.adapters.extras import need
from dsar.adapters.mongo.mongo_settings import MongoCollection, MongoSettings
from dsar.sdk import (
    Adapter,
    Batch,
    Collection,
    Done,
    Later,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Subject,
)

if TYPE_CHECKING:
    from dsar.adapters.mongo.act import Change

#: Documents looked at for fields nobody explained.
_SAMPLE = 1000


class Mongo(Adapter):
    """The collections of one database."""

    name = "mongo"
    title = "MongoDB database"
    Settings = MongoSettings

    settings: MongoSettings

    def __init__(self, settings: MongoSettings) -> None:
        super().__init__(settings)
        need("pymongo", "mongo", at="url")
        from dsar.adapters.mongo.database import MongoDatabase

        self.identifies_by = settings.identifies_by
        self.gives = settings.gives
        self._database = MongoDatabase(settings)

    def collections(self) -> Sequence[Collection]:
        """Every declared collection, those referred to first."""
        declared = self.settings.collections
        return [
            collection(name, declared[name].title, declared[name].meaning, declared[name].columns)
            for name in self.settings.in_order()
        ]

    def check(self) -> Sequence[Problem]:
        """Whether it can be reached and has the collections; fields nobody explained."""
        from dsar.adapters.mongo.database import named_failures

        try:
            with named_failures():
                missing = self._database.missing()
                mend = "Create it, or correct its name."
                gone = [
                    Problem(f"collections.{name}", "is not in the database.", mend)
                    for name in missing
                ]
                return [*gone, *self._faults(), *self._undeclared(set(missing))]
        except (NeedsHuman, Later) as failure:
            return [Problem("url", failure.reason, "Until then nothing can be searched.")]

    def _faults(self) -> Iterator[Problem]:
        for name, one in self.settings.collections.items():
            yield from dotted.faults(one.paths(f"collections.{name}"))
            if not one.identify and not one.from_:
                mend = "Add identify or from."
                yield Problem(f"collections.{name}", "cannot be reached from anywhere.", mend)
            hashed = any(column.mask == "hash" for column in one.columns.values())
            if hashed and not self.settings.mask_key:
                yield Problem("mask_key", f"is missing, and {name} masks by hash.", "Give it.")

    def _undeclared(self, missing: set[str]) -> Iterator[Problem]:
        for name, one in self.settings.collections.items():
            if name in missing:
                continue
            seen: dict[str, None] = {}
            blanks: Counter[str] = Counter()
            for document in self._database.documents(name).find({}).limit(_SAMPLE):
                seen |= dict.fromkeys(document)
                blanks.update(_uncompared(one, document))
            yield from self._uncomparable(name, one, blanks)
            for field in seen:
                if field not in one.columns:
                    mend = "Explain it, so that it can be handed over."
                    at = f"collections.{name}.columns.{field}"
                    yield Problem(at, "is in the documents and not declared.", mend)

    def _uncomparable(
        self, name: str, declared: MongoCollection, blanks: Mapping[str, int]
    ) -> Iterator[Problem]:
        """Identifiers that would never be found as they stand there."""
        documents = self._database.documents(name)
        for kind, paths in declared.identify.items():
            at = f"collections.{name}.identify.{kind}"
            for path in paths:
                if blanks[path]:
                    what = f"stands with blanks around in {blanks[path]} documents ({path})."
                    yield Problem(at, what, f'Add "{kind}" to fold, or have them mended there.')
                here: dict[str, Any] = {path: {"$exists": True}}
                if documents.find_one({}) and not documents.find_one(here):
                    yield Problem(at, f"{path} is in no document.", "Correct the path.")

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """The person's documents, then those that refer to them."""
        from dsar.adapters.mongo.search import Search

        yield from Search(self._database, subject, checkpoints.read(checkpoint)).pages()

    def erase(self, batch: Batch) -> list[Receipt]:
        """Deletes documents, or masks their fields, as the collection declares."""
        from dsar.adapters.mongo import act

        secret = self.settings.mask_key
        return self._act(batch, lambda one: act.erased(batch.collection, one, secret))

    def rectify(self, batch: Batch) -> list[Receipt]:
        """Writes the corrected values."""
        from dsar.adapters.mongo import act

        return self._act(batch, lambda one: act.rectified(batch.collection, one))

    def restrict(self, batch: Batch) -> list[Receipt]:
        """Sets the mark the collection declares for restriction."""
        from dsar.adapters.mongo import act

        name = batch.collection
        return self._act(
            batch, lambda one: act.marked(name, one.restrict, "restrict", Done.RESTRICTED)
        )

    def lift(self, batch: Batch) -> list[Receipt]:
        """Writes what the collection declares for a restriction that has ended."""
        from dsar.adapters.mongo import act

        return self._act(batch, lambda one: act.lifted(batch.collection, one))

    def object_to(self, batch: Batch) -> list[Receipt]:
        """Sets the mark the collection declares for objections."""
        from dsar.adapters.mongo import act

        return self._act(batch, lambda one: act.stopped(batch.collection, one, batch.purposes))

    def probe(self, batch: Batch) -> list[Receipt]:
        """Whether each document is there: MISSING, or KEPT; nothing is changed."""
        from dsar.adapters.mongo import act

        return self._act(batch, lambda _one: act.probed)

    def _act(self, batch: Batch, change: "Callable[[MongoCollection], Change]") -> list[Receipt]:
        from dsar.adapters.mongo import act

        declared = self.settings.collections.get(batch.collection)
        if declared is None:
            why = f"The source declares no collection {batch.collection}."
            return [Receipt(batch.collection, one.key, Done.FAILED, why) for one in batch.items]
        return act.act(self._database, batch, change(declared))

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()


def _uncompared(declared: MongoCollection, document: Mapping[str, Any]) -> Iterator[str]:
    """The paths at which a document holds an identifier with blanks around that are not looked
    through."""
    for kind, paths in declared.identify.items():
        if kind not in {*declared.fold, "email", "phone"}:
            for path in paths:
                if any(text != text.strip() for text in dotted.texts(document, path)):
                    yield path
