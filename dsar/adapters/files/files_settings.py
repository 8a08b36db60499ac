"""The declaration of a folder of files: which hold what, and how a person is found in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dsar.adapters.dictionary import Column, Erase, RestrictionMark
from dsar.adapters.identifiers import refuse_unknown_region
from dsar.sdk.settings import Words

#: A key of this name is the hash of the row's content, for files whose rows carry none.
BY_CONTENT = "#"


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    EXCEL = "excel"


_FORMS = {
    ".csv": FileFormat.CSV,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
    ".xlsx": FileFormat.EXCEL,
    ".xlsm": FileFormat.EXCEL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCollection:
    """One kind of record, in one file or in all that match a pattern."""

    file: str
    """The file's name, or a pattern such as `visits-*.jsonl`."""
    key: tuple[str, ...]
    """The column, or columns, that tell rows apart, a dotted path in JSON Lines; `"#"` is the hash
    of a row's content."""
    title: Words = field(default_factory=dict)
    """What a person would call one of its rows."""
    meaning: Words = field(default_factory=dict)
    """Why it is there, in a sentence."""
    identify: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind of identifier = the column, or columns, that hold it; a dotted path in JSON Lines."""
    fold: tuple[str, ...] = ("email",)
    """The kinds of identifier compared without regard to case; e-mail addresses and UUIDs always
    are so, telephone numbers always without their separators."""
    region: str = ""
    """The country (`"DE"`) in whose national form telephone numbers may stand."""
    unique: bool = False
    """One identifier belongs to one row: two rows stop the search, for they may be two people."""
    shared: bool = False
    """An identifier may belong to several people: a person looks at each row."""
    name_match: str | None = None
    """The column compared with the person's name; what is found so is looked at by a person."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """Kind of identifier = the column, a dotted path in JSON Lines, that holds a further one of the
    same person."""
    erase: Erase = Erase.DELETE
    """Whether erasing drops the row or masks its columns."""
    restrict: RestrictionMark | None = None
    """The column and value that mark a row as restricted."""
    object_to: RestrictionMark | None = None
    """The column and value that mark an objection, and the purposes it stops."""
    form: FileFormat | None = None
    """How the file is written, where its ending does not say so."""
    delimiter: str = ","
    """What stands between the fields of a CSV file."""
    encoding: str = "utf-8"
    """How the text of CSV and JSON Lines is encoded."""
    sheet: str | None = None
    """The sheet of an Excel workbook that holds the rows; not needed where it has only one."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """The dictionary: column = label, or its entry."""

    def form_of(self, path: Path) -> FileFormat:
        return self.form or _FORMS.get(path.suffix.lower(), FileFormat.CSV)

    @property
    def by_content(self) -> bool:
        return self.key == (BY_CONTENT,)

    def paths(self, at: str) -> Mapping[str, tuple[str, ...]]:
        """The dotted paths it looks along in JSON Lines, by the setting that names each."""
        if self.form_of(Path(self.file)) is not FileFormat.JSONL:
            return {}
        ways = {f"{at}.identify.{kind}": paths for kind, paths in self.identify.items()}
        ways |= {f"{at}.gives.{kind}": (path,) for kind, path in self.gives.items()}
        return ways | {f"{at}.key": () if self.by_content else self.key}

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
    """The folder; a relative one counts from the folder of `sources.toml`."""
    collections: Mapping[str, FileCollection]
    """The kinds of record its files hold."""
    page: int = 1000
    """How many records make a page."""
    mask_key: str | None = field(default=None, repr=False)
    """The secret of the keyed hash."""

    def __post_init__(self) -> None:
        for name, one in self.collections.items():
            refuse_unknown_region(f"collections.{name}", one.region)

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
