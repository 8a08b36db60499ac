"""The declaration of a folder of files: which hold what, and how a person is found in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dsar.adapters.dictionary import Column, Erase, Marking
from dsar.sdk.settings import Words

#: A key of this name is the hash of the row's content, for files whose rows carry none.
BY_CONTENT = "#"


class Form(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    EXCEL = "excel"


_FORMS = {
    ".csv": Form.CSV,
    ".jsonl": Form.JSONL,
    ".ndjson": Form.JSONL,
    ".parquet": Form.PARQUET,
    ".pq": Form.PARQUET,
    ".xlsx": Form.EXCEL,
    ".xlsm": Form.EXCEL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCollection:
    """One kind of record, in one file or in all that match a pattern.

    `identify` maps a kind of identifier to the columns that hold it (in JSON Lines a dotted path,
    "user.email"); `gives` maps a kind to the column that holds a further identifier of the same
    person. `unique` says that one identifier belongs to one row: two stop the search, or need a
    person's eye where the identifier is `shared`. `form` is told by the file's ending. `sheet` is
    the one of an Excel workbook that holds the rows.
    """

    file: str
    key: tuple[str, ...]
    title: Words = field(default_factory=dict)
    meaning: Words = field(default_factory=dict)
    identify: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fold: tuple[str, ...] = ("email",)
    unique: bool = False
    shared: bool = False
    name_match: str | None = None
    gives: Mapping[str, str] = field(default_factory=dict)
    erase: Erase = Erase.DELETE
    restrict: Marking | None = None
    object_to: Marking | None = None
    form: Form | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    sheet: str | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)

    def form_of(self, path: Path) -> Form:
        return self.form or _FORMS.get(path.suffix.lower(), Form.CSV)

    @property
    def by_content(self) -> bool:
        return self.key == (BY_CONTENT,)

    def named(self) -> tuple[str, ...]:
        """Every field the declaration relies on, each once."""
        marks = [mark.column for mark in (self.restrict, self.object_to) if mark]
        keys = () if self.by_content else self.key
        identifying = [column for columns in self.identify.values() for column in columns]
        name = [self.name_match] if self.name_match else []
        whole = [*keys, *identifying, *name, *self.gives.values(), *marks, *self.columns]
        return tuple(dict.fromkeys(whole))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSettings:
    """A folder, what its files hold, how many records make a page."""

    path: Path
    collections: Mapping[str, FileCollection]
    page: int = 1000
    mask_key: str | None = field(default=None, repr=False)

    @property
    def gives(self) -> tuple[str, ...]:
        """The further kinds of identifier an answer may bring."""
        kinds = (kind for collection in self.collections.values() for kind in collection.gives)
        return tuple(dict.fromkeys(kinds))

    @property
    def identifies_by(self) -> tuple[str, ...]:
        """The kinds of identifier any file can be searched by; a name comes last."""
        kinds = [kind for one in self.collections.values() for kind in one.identify]
        names = ["name"] if any(one.name_match for one in self.collections.values()) else []
        return tuple(dict.fromkeys([*kinds, *names]))
