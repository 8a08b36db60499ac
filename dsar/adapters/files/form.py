"""What every form of file offers: its rows one at a time, and itself written anew.

A row that cannot be read stops the reading and is named by file and line, never by content: to
skip it could mean to miss somebody's data.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from dsar.adapters.files.files_settings import FileCollection
from dsar.sdk import Done, NeedsHuman

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row: the line it starts on, its text where it has one, its values.

    The values are None for what carries none: a header, a blank line.
    """

    line: int
    raw: str
    data: Data | None


class RefusedError(Exception):
    """This record is left as it is; the text says why and goes on its receipt."""

    def __init__(self, reason: str, done: Done = Done.FAILED, code: str = "") -> None:
        super().__init__(reason)
        self.done, self.code = done, code


#: Whether this file can hold these values in this row's place; raises RefusedError.
Fits = Callable[[Data], None]
#: A row's new values, the very same ones where it stays, None where it goes.
Alter = Callable[[FileRow, Fits], Data | None]


class FileForm(Protocol):
    """A module that reads and writes one form of file."""

    def rows(self, path: Path, declared: FileCollection, /) -> Iterator[FileRow]: ...

    def write(
        self, path: Path, target: BinaryIO, declared: FileCollection, alter: Alter, /
    ) -> None: ...


def anything(_data: Data) -> None:
    """The check of a form in which every value can stand."""


def malformed(name: str, line: int, why: str) -> NeedsHuman:
    """What stops the reading of a file, named by file and line."""
    return NeedsHuman(
        f"{name} line {line} cannot be read: {why}. Mend it, then try again.", code="unreadable"
    )


def columns(names: Sequence[str], name: str, line: int, declared: FileCollection) -> list[str]:
    """The columns a table is read by: each has a name of its own, each declared one is there."""
    if not all(names) or len(set(names)) < len(names):
        raise malformed(name, line, "the header names a column twice, or not at all")
    if missing := [column for column in declared.named() if column not in names]:
        raise no_column(name, missing[0])
    return list(names)


def no_column(name: str, column: str) -> NeedsHuman:
    """What is said of a file without a column its declaration relies on."""
    return NeedsHuman(
        f"{name} has no column {column}. Restore it, or mend the source's declaration."
    )


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Names the file the system will not let us read."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # a library's complaint about what is in it
            raise
        raise NeedsHuman(
            f"{path.name} cannot be read: {error.strerror}.", code="unreadable"
        ) from None
