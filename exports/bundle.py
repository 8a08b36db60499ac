"""Builds a bundle: from values and streams to one ZIP that a person opens and a machine checks.

Every stream is read once and never held. Nothing appears at the target before it is complete, on
disk and hashed; what a crash leaves behind has no name, or ends in `.part` and is swept.
"""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsar.domain.records import Done, in_language
from exports import manifest, viewer
from exports.contents import Contents
from exports.data.archive import Archive, Member, Names
from exports.data.datafiles import (
    JSON,
    SCHEMA,
    MemberPlace,
    RowSink,
    receipt_schema,
    schema,
    write_receipts,
    write_records,
)
from exports.document import processing
from exports.pdf import printed_report
from exports.pdf.print_selection import BUDGET, PrintSelection, shares

_BLOCK = 1 << 16


class SealedFile(Protocol):
    """What seals the bytes written to it; nothing is whole before `finish`."""

    def write(self, data: bytes, /) -> object: ...

    def finish(self) -> None: ...


class BundleSeal(Protocol):
    """What a bundle at rest is sealed with: it puts a sealed file before the file."""

    def sealing(self, out: IO[bytes], /) -> SealedFile: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a bundle has come: `done` of `of` records are written ("records") or printed.

    `place` is the collection that is being written, as in `shop.orders`; "" for the report.
    """

    step: str
    done: int
    of: int
    place: str = ""


Watch = Callable[[Progress], None]
#: The steps of a bundle that take long.
WRITING, PRINTING = "records", "report"


@dataclass(frozen=True, slots=True)
class BuiltBundle:
    """A finished bundle: where it is, the SHA-256 and size of the ZIP, and what is in it."""

    path: Path
    sha256: str
    bytes: int
    members: tuple[Member, ...]


def build(
    contents: Contents,
    target: Path,
    *,
    sign_with: Ed25519PrivateKey | None = None,
    print_at_most: int = BUDGET,
    limits: printed_report.PrintLimits = printed_report.LIMITS,
    seal_with: BundleSeal | None = None,
    watch: Watch = lambda _: None,
) -> BuiltBundle:
    """Writes the bundle of `contents` to `target`, whole or not at all; same contents, same bytes.

    With `seal_with` the file at rest is sealed; size and hash are of the plain ZIP.
    `print_at_most` records go into report.pdf; the data files always hold all. `watch` hears how
    far it is, some hundred records at a time; what it raises ends the building. Raises CannotBuild
    where the contents are not fit to leave the house, CannotPrint where the report fails, and
    OSError where the disk does.
    """
    with (
        replacing(target, seal_with) as out,
        Archive(out, target.parent, moment=contents.cut_off) as archive,
    ):
        builder = _Builder(contents, archive, target.parent, watch)
        builder.write(print_at_most, limits, sign_with)
    return BuiltBundle(target, out.hash.hexdigest(), out.size, tuple(archive.members))


@dataclass(slots=True)
class _Builder:
    contents: Contents
    archive: Archive
    folder: Path
    watch: Watch
    names: Names = field(default_factory=Names)

    def write(
        self,
        print_at_most: int,
        limits: printed_report.PrintLimits,
        sign_with: Ed25519PrivateKey | None,
    ) -> None:
        contents = self.contents
        sets = [self._place("data", s.source, s.collection.name, s.count) for s in contents.sets]
        receipts = [
            self._place("receipts", s.source, s.collection.name, s.count) for s in contents.receipts
        ]
        document = processing.document(contents, sets, receipts)
        with contextlib.closing(PrintSelection.on(self.folder, contents.words)) as selection:
            self._records(sets, document, selection, print_at_most)
            self._receipts(receipts, document)
            self._pages(document, selection, limits)
        self._proofs(document, sign_with)

    def _place(self, root: str, source: str, collection: str, count: int) -> MemberPlace:
        stem = self.names.unique(root, source, collection)
        return MemberPlace(stem, f"viewer/{stem.removeprefix(root + '/').replace('/', '.')}", count)

    def _records(
        self,
        places: list[MemberPlace],
        document: processing.Document,
        selection: PrintSelection,
        print_at_most: int,
    ) -> None:
        allowed = shares([place.count for place in places], print_at_most)
        done, of = 0, sum(place.count for place in places)
        entries = document["sets"]
        for records, place, share, entry in zip(
            self.contents.sets, places, allowed, entries, strict=True
        ):
            writer = selection.begin(records, share, data_file=f"{place.stem}.json")
            where = f"{records.source}.{records.collection.name}"
            passing = _Listener(writer, self.watch, where, done, of)
            attached = write_records(self.archive, records, place, passing)
            done = passing.done
            entry["attached"] = attached.facts()
            document["answer"]["files"] += attached.count
            described = schema(
                records.collection,
                count=records.count,
                language=self.contents.language,
                files=records.files is not None,
            )
            self.archive.put(f"{place.stem}.schema.json", manifest.pretty(described), SCHEMA)

    def _receipts(self, places: list[MemberPlace], document: processing.Document) -> None:
        for receipts, place, entry in zip(
            self.contents.receipts, places, document["receipts"], strict=True
        ):
            found = write_receipts(self.archive, receipts, place)
            entry["results"] = processing.results(found)
            title = in_language(receipts.collection.title, self.contents.language)
            described = receipt_schema(title, count=receipts.count, results=Done)
            self.archive.put(f"{place.stem}.schema.json", manifest.pretty(described), SCHEMA)

    def _pages(
        self,
        document: processing.Document,
        selection: PrintSelection,
        limits: printed_report.PrintLimits,
    ) -> None:
        def watch(count: int) -> None:
            self.watch(Progress(PRINTING, count, selection.printed))

        report = self.archive.spool()
        with printed_report.print_report(
            document, selection, self.folder, limits=limits, watch=watch
        ) as printed:
            while block := printed.read(_BLOCK):
                report.write(block)
        self.archive.add("report.pdf", report, "application/pdf")
        page = viewer.start_page(document, selection.words)
        self.archive.put("START-HERE.html", page, "text/html")
        self.archive.put("processing.json", manifest.pretty(document), JSON)

    def _proofs(self, document: processing.Document, sign_with: Ed25519PrivateKey | None) -> None:
        archive, moment = self.archive, self.contents.cut_off
        key = manifest.public_key(sign_with) if sign_with else None
        listed = manifest.manifest(self.contents, document, archive.members, key=key)
        archive.put(manifest.MANIFEST, listed, JSON)
        if sign_with:
            signed = manifest.signature(listed, sign_with, moment=moment)
            archive.put(manifest.SIGNATURE, signed, "text/plain")
        archive.put(manifest.SUMS, manifest.sums(archive.members), "text/plain")
        archive.finish()


@dataclass(slots=True)
class _Listener:
    """Hands the records of a collection on to the printed report, and says how many passed."""

    writer: RowSink
    watch: Watch
    place: str
    done: int
    of: int

    def take(self, rows: Sequence[Sequence[Any]]) -> None:
        """The next records; some hundred at a time."""
        self.writer.take(rows)
        self.done += len(rows)
        self.watch(Progress(WRITING, self.done, self.of, self.place))


class HashingFile:
    """A file, or the seal before it, that hashes and counts what is written to it."""

    def __init__(self, file: IO[bytes] | SealedFile) -> None:
        self._file = file
        self.hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.hash.update(data)
        self.size += len(data)


@contextlib.contextmanager
def replacing(target: Path, seal: BundleSeal | None = None) -> Iterator[HashingFile]:
    """A new file that takes the target's place when it is complete and on disk."""
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            sealing = seal.sealing(file) if seal else None
            yield HashingFile(sealing or file)
            if sealing:
                sealing.finish()
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sweep(folder: Path, *, older_than: float) -> int:
    """Removes what crashed builds left in `folder`, untouched for so many seconds; counts it."""
    left = [
        path for path in folder.glob(".*.part") if time.time() - path.stat().st_mtime > older_than
    ]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
