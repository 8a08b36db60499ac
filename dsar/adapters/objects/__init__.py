"""Files by key template: on a local disk, in S3, in other stores fsspec can reach."""

import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence

from dsar.adapters import checkpoints
from dsar.adapters.extras import need
from dsar.adapters.objects.objects_settings import ObjectCollection, ObjectsSettings
from dsar.adapters.objects.stores import LATEST, ObjectsStore, Outcome, StoredObject, Version
from dsar.adapters.objects.templates import Template
from dsar.sdk import (
    Adapter,
    Attachment,
    Batch,
    Collection,
    Done,
    Field,
    Later,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Record,
    Subject,
)

FIELDS = (
    Field("key", {"en": "Place", "de": "Ablageort"}, {"en": "Where the file lies in the store."}),
    Field("size", {"en": "Size in bytes", "de": "Größe in Byte"}),
    Field("modified", {"en": "Last changed", "de": "Zuletzt geändert"}, {"en": "In UTC."}),
    Field("media_type", {"en": "Kind of file", "de": "Dateityp"}, {"en": "As its name tells."}),
)
_UNKNOWN_TYPE = "application/octet-stream"


class Objects(Adapter):
    """One store of objects."""

    name = "objects"
    title = "Files by key, on disk, in S3 and other stores"
    Settings = ObjectsSettings

    settings: ObjectsSettings

    def __init__(self, settings: ObjectsSettings) -> None:
        super().__init__(settings)
        self.identifies_by = settings.identifies_by
        self._store = _opened(settings)

    def collections(self) -> Sequence[Collection]:
        """Every declared kind of object."""
        return [
            Collection(name, one.title or {"en": name}, FIELDS, one.meaning)
            for name, one in self.settings.collections.items()
        ]

    def check(self) -> Sequence[Problem]:
        """Whether the store can be reached and asked what is needed."""
        if not self.settings.collections:
            mend = "Add [….collections.NAME] with its template."
            return [Problem("collections", "none is declared.", mend)]
        try:
            self._store.check()
        except (NeedsHuman, Later) as failure:
            mend = "Until then nothing can be searched."
            return [Problem("path" if self.settings.path else "url", failure.reason, mend)]
        return []

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """The objects whose keys are made of the person's identifiers."""
        page: list[Record] = []
        last = ""
        for record, mark in self._search(subject, checkpoints.read(checkpoint)):
            if len(page) >= self.settings.page:
                yield Page(page, last)
                page = []
            page.append(record)
            last = mark
        if page:
            yield Page(page)

    def _search(
        self, subject: Subject, start: tuple[str, str] | None
    ) -> Iterator[tuple[Record, str]]:
        """A checkpoint is the collection and the hash of the last key: keys name people."""
        names = list(self.settings.collections)
        first = names.index(start[0]) if start and start[0] in names else 0
        for name in names[first:]:
            template = self.settings.collections[name].parsed

            def listing(template: Template = template) -> Iterator[StoredObject]:
                for key in sorted(set(template.filled(subject))):
                    yield from self._store.listed(key, below=template.below)

            mark = start[1] if start and start[0] == name else None
            things = checkpoints.behind(mark, listing, lambda one: one.key) if mark else listing()
            for thing in things:
                yield _record(name, thing), checkpoints.written(name, thing.key)

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        """The object's bytes, or those of one of its older versions."""
        declared = self.settings.collections.get(collection)
        if declared is None or not declared.parsed.holds(key):
            raise NeedsHuman("This is no key of this collection. Search again.", code="not_there")
        yield from self._store.blocks(key, attachment.reference)

    def erase(self, batch: Batch) -> list[Receipt]:
        """Deletes objects; says so where the store keeps older versions."""

        def act(declared: ObjectCollection, keys: Sequence[str]) -> Mapping[str, Outcome]:
            return self._store.delete(keys, declared.parsed.floor)

        return self._receipts(batch, act)

    def probe(self, batch: Batch) -> list[Receipt]:
        """Whether each object is there: MISSING, or KEPT; nothing is changed."""

        def act(_declared: ObjectCollection, keys: Sequence[str]) -> Mapping[str, Outcome]:
            there = self._store.there(keys)
            kept = (Done.KEPT, "The object is there.")
            return {key: kept if key in there else (Done.MISSING, "") for key in keys}

        return self._receipts(batch, act)

    def _receipts(
        self,
        batch: Batch,
        act: Callable[[ObjectCollection, Sequence[str]], Mapping[str, Outcome]],
    ) -> list[Receipt]:
        name = batch.collection
        declared = self.settings.collections.get(name)
        refused = {item.key: _fault(name, declared, item.key, item.fields) for item in batch.items}
        keys = [key for key, fault in refused.items() if fault is None]
        done = act(declared, keys) if declared and keys else {}
        return [
            Receipt(name, item.key, *(done.get(item.key) or (Done.FAILED, refused[item.key] or "")))
            for item in batch.items
        ]


def _opened(settings: ObjectsSettings) -> ObjectsStore:
    if settings.url and settings.url.startswith("s3://"):
        need("s3fs", "s3", at="url")
        from dsar.adapters.objects.s3 import S3Bucket

        return S3Bucket(settings)
    from dsar.adapters.objects.folder import LocalFolder

    return LocalFolder(settings)


def _record(collection: str, thing: StoredObject) -> Record:
    latest = thing.versions[0]
    kind = mimetypes.guess_type(thing.key)[0] or _UNKNOWN_TYPE
    name = thing.key.rpartition("/")[2]
    files = tuple(
        Attachment(one.number, _file_name(name, one), kind, one.size) for one in thing.versions
    )
    data = {"key": thing.key, "size": latest.size, "modified": latest.modified, "media_type": kind}
    return Record(collection, thing.key, data, attachments=files if name else ())


def _file_name(name: str, version: Version) -> str:
    return name if version.number == LATEST else f"{version.modified} {name}"


def _fault(
    name: str, declared: ObjectCollection | None, key: str, fields: Sequence[str]
) -> str | None:
    if declared is None:
        return f"The source declares no collection {name}."
    if fields:
        return "An object can only be deleted whole. Decide about all of it."
    return None if declared.parsed.holds(key) else f"This is no key of {name}. Search again."
