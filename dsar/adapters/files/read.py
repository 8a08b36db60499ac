"""A person's rows as pages of records: file by file, resumable after any page."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsar.adapters.files.files_settings import FileCollection, FilesSettings
from dsar.adapters.files.form import FileRow
from dsar.adapters.files.match import Pair, RowMatcher, key_of
from dsar.adapters.files.rows import files, rows
from dsar.adapters.identifiers import further
from dsar.sdk import Match, NeedsHuman, Page, Record, Subject


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a search goes on: behind this line of this file, if the files are as they were."""

    collection: str
    stamp: str
    file: str
    line: int

    @classmethod
    def of(cls, checkpoint: str) -> "ResumePoint":
        try:
            return cls(*json.loads(checkpoint))
        except (ValueError, TypeError):
            raise NeedsHuman(
                "The checkpoint is not one of this source's. Start the search anew."
            ) from None

    def __str__(self) -> str:
        return json.dumps([self.collection, self.stamp, self.file, self.line])


@dataclass(frozen=True, slots=True)
class Found:
    """One record, the further identifiers it gives, and where it stands."""

    record: Record
    further: tuple[Pair, ...]
    place: ResumePoint


def pages(settings: FilesSettings, subject: Subject, checkpoint: str | None) -> Iterator[Page]:
    """Pages of at most `settings.page` records, filled across files."""
    page: list[Found] = []
    for found in _search(settings, subject, checkpoint):
        if len(page) >= settings.page:
            yield _page(page, str(page[-1].place))
            page = []
        page.append(found)
    if page:
        yield _page(page, None)


def _page(found: Sequence[Found], checkpoint: str | None) -> Page:
    further = dict.fromkeys(pair for one in found for pair in one.further)
    return Page([one.record for one in found], checkpoint, tuple(further))


def _search(settings: FilesSettings, subject: Subject, checkpoint: str | None) -> Iterator[Found]:
    start = ResumePoint.of(checkpoint) if checkpoint is not None else None
    names = list(settings.collections)
    first = names.index(start.collection) if start and start.collection in names else 0
    for name in names[first:]:
        declared = settings.collections[name]
        seeker = RowMatcher.of(declared, subject)
        if seeker:
            found = _in_collection(name, settings.path, seeker)
            yield from _behind(found, start if start and start.collection == name else None)


def _behind(found: Iterator[Found], start: ResumePoint | None) -> Iterator[Found]:
    """What comes after `start`; all of it where the files are no longer the same."""
    for one in found:
        given = start is not None and one.place.stamp == start.stamp
        if start and given and (one.place.file, one.place.line) <= (start.file, start.line):
            continue
        yield one


def _in_collection(name: str, folder: Path, seeker: RowMatcher) -> Iterator[Found]:
    declared = seeker.declared
    paths = files(folder, declared)
    stamp = _stamp(paths)
    shared = _shared(name, paths, seeker) if declared.unique else frozenset()
    seen: set[str] = set()
    for path in paths:
        for row in rows(path, declared):
            match = None if row.data is None else seeker.match(row.data, shared)
            if row.data is None or match is None:
                continue
            key = _key(path, declared, row)
            if key in seen and declared.by_content:  # the same line again is the same record
                continue
            _refuse_double(path, row, key, seen)
            own = key if declared.unique and match is Match.VERIFIED_IDENTIFIER else None
            record = Record(name, key, row.data, match, own)
            yield Found(
                record, _further(declared, record), ResumePoint(name, stamp, path.name, row.line)
            )


def _stamp(paths: Sequence[Path]) -> str:
    """Changes whenever one of the files does."""
    states = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths]
    return hashlib.sha256(repr(states).encode()).hexdigest()[:16]


def _key(path: Path, declared: FileCollection, row: FileRow) -> str:
    key = key_of(declared, row.data or {})
    if key is None:
        raise NeedsHuman(
            f"{path.name} line {row.line} has no key. Fill it in, or declare the key of the row "
            'as "#", its content.'
        )
    return key


def _refuse_double(path: Path, row: FileRow, key: str, seen: set[str]) -> None:
    """Rows that cannot be told apart would be changed one for the other."""
    if key in seen:
        raise NeedsHuman(
            f"{path.name} line {row.line} has a key that another row has too. "
            "Declare a key that tells rows apart."
        )
    seen.add(key)


def _shared(name: str, paths: Sequence[Path], seeker: RowMatcher) -> frozenset[Pair]:
    """The person's identifiers that stand in more than one row; refused unless declared shared."""
    keys: defaultdict[Pair, set[str]] = defaultdict(set)
    for path in paths:
        for row in rows(path, seeker.declared):
            for pair in seeker.pairs(row.data or {}):
                keys[pair].add(_key(path, seeker.declared, row))
    shared = frozenset(pair for pair, found in keys.items() if len(found) > 1)
    if shared and not seeker.declared.shared:
        kind, _ = min(shared)
        raise NeedsHuman(
            f"The {kind} belongs to more than one person in {name}. Find out which of them asked "
            "and add an identifier only that person has, such as a customer number.",
            code="shared_identifier",
        )
    return shared


def _further(declared: FileCollection, record: Record) -> tuple[Pair, ...]:
    """Further identifiers of the person, from rows that are surely theirs."""
    if record.match is Match.NAME_ONLY:
        return ()
    return tuple(further(declared.gives, record.data, declared.region))
