"""Compares a declared folder with its files as they are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from dsar.adapters import dotted
from dsar.adapters.files.files_settings import FileCollection, FilesSettings
from dsar.adapters.files.match import key_of
from dsar.adapters.files.rows import files, rows
from dsar.sdk import NeedsHuman, Problem


def problems(settings: FilesSettings) -> Sequence[Problem]:
    """Everything to mend before the first request; empty when all is well."""
    found = list(_faults(settings))
    for name, declared in settings.collections.items():
        try:
            found += _collection(name, settings.path, declared)
        except NeedsHuman as failure:
            mend = "Until then this collection cannot be searched."
            found.append(Problem(f"collections.{name}.file", failure.reason, mend))
    return found


def _faults(settings: FilesSettings) -> Iterator[Problem]:
    if not settings.collections:
        yield Problem("collections", "none is declared.", "Add [….collections.NAME] with its file.")
    if settings.page < 1:
        yield Problem("page", "is less than 1.", "Give the number of records a page, such as 1000.")
    for name, declared in settings.collections.items():
        at = f"collections.{name}"
        if not declared.key:
            yield Problem(f"{at}.key", "is empty.", 'Name the column, or "#" for the content.')
        if not declared.identify and not declared.name_match:
            mend = "Add identify, with a kind of identifier and its column."
            yield Problem(at, "cannot be reached from any identifier.", mend)
        yield from dotted.faults(declared.paths(at))
        masks = [column.mask for column in declared.columns.values()]
        if "hash" in masks and not settings.mask_key:
            yield Problem("mask_key", f"is missing, and {at} masks by hash.", "Give it a secret.")


def _collection(name: str, folder: Path, declared: FileCollection) -> Iterator[Problem]:
    at = f"collections.{name}"
    seen: dict[str, None] = {}
    keys: Counter[str | None] = Counter()
    places = {path for paths in declared.identify.values() for path in paths}
    for path in files(folder, declared):
        for row in rows(path, declared):
            if row.data is not None:
                seen |= dict.fromkeys(row.data)
                keys[key_of(declared, row.data)] += 1
                places -= {place for place in places if any(dotted.at(row.data, place))}
    for field in seen:
        if field not in declared.columns:
            mend = "Explain it, so that it can be handed over."
            yield Problem(f"{at}.columns.{field}", "is in the file and not declared.", mend)
    for place in sorted(places) if keys else ():
        what = f"{place} holds nothing in any row: nobody would ever be found by it."
        yield Problem(f"{at}.identify", what, "Correct the path, or the file.")
    doubled = any(count > 1 for count in keys.values()) and not declared.by_content
    if keys[None] or doubled:
        yield Problem(f"{at}.key", "does not tell rows apart.", 'Name another, or "#".')
