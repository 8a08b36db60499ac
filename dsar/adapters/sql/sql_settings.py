"""The declaration of a SQL source: its tables, their keys and how a person is found in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsar.adapters.dictionary import Column, Erase, RestrictionMark
from dsar.adapters.identifiers import refuse_unknown_region
from dsar.sdk.settings import Location, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the database, or one view."""

    key: tuple[str, ...] = ()
    """The column, or columns, that tell rows apart; without it the table's primary key does."""
    title: Words = field(default_factory=dict)
    """What a person would call one of its rows."""
    meaning: Words = field(default_factory=dict)
    """Why it is there, in a sentence."""
    table: str = ""
    """Its name in the database where that differs, with the schema if need be: `crm.people`."""
    identify: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind of identifier = the column, or columns, that hold it."""
    fold: tuple[str, ...] = ()
    """The kinds of identifier, or the columns, compared without regard to case; e-mail addresses
    and UUIDs always are."""
    indexed: tuple[str, ...] = ()
    """The columns that hold identifiers in their normal form already: compared as they are, so that
    an index serves."""
    region: str = ""
    """The country (`"DE"`) in whose national form telephone numbers may stand."""
    regions: Mapping[str, str] = field(default_factory=dict)
    """Column = the country, for columns whose numbers are of another one."""
    unique: bool = True
    """One identifier belongs to one row: two rows stop the search, for they may be two people."""
    shared: bool = False
    """An identifier may belong to several people: a person looks at each row."""
    name_match: str | None = None
    """The column compared with the person's name; what is found so is looked at by a person."""
    from_: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Column = the "table.column" it refers to, or several: rows that refer to rows found."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """Kind of identifier = the column that holds a further one of the same person."""
    erase: Erase = Erase.DELETE
    """Whether erasing deletes the row or masks its columns."""
    restrict: RestrictionMark | None = None
    """The column and value that mark a row as restricted."""
    object_to: RestrictionMark | None = None
    """The column and value that mark an objection, and the purposes it stops."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """The dictionary: column = label, or its entry."""

    def region_of(self, column: str) -> str:
        """The country in whose national form a column's telephone numbers may stand."""
        return self.regions.get(column, self.region)

    def references(self) -> tuple[tuple[str, str, str], ...]:
        """Each `from` entry as (column, parent table, parent column)."""
        pairs = [(column, one) for column, targets in self.from_.items() for one in targets]
        return tuple((column, *_split(one)) for column, one in pairs)

    def named(self) -> tuple[str, ...]:
        """Every column the declaration relies on, each once."""
        marks = [mark.column for mark in (self.restrict, self.object_to) if mark]
        identifying = [column for columns in self.identify.values() for column in columns]
        name = [self.name_match] if self.name_match else []
        return tuple(
            dict.fromkeys(
                [
                    *self.key,
                    *identifying,
                    *name,
                    *self.from_,
                    *self.regions,
                    *self.indexed,
                    *self.gives.values(),
                    *marks,
                    *self.columns,
                ]
            )
        )


def _split(target: str) -> tuple[str, str]:
    """The table and the column of "table.column"; without a dot there is no table."""
    table, _, column = target.rpartition(".")
    return table, column


@dataclass(frozen=True, eq=False, kw_only=True)
class SqlSettings:
    """A SQL source; adapters made from the same settings share what was learned of its schema."""

    url: Location = field(repr=False)
    """SQLAlchemy's URL; the path of a SQLite file counts from the folder of `sources.toml`."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """The tables that hold personal data."""
    dataset: Path | None = None
    """A Fideslang dataset in YAML to take tables from; a table declared here replaces its own."""
    dataset_key: str | None = None
    """Which dataset, where the file holds several."""
    page: int = 1000
    """How many records make a page."""
    mask_key: str | None = field(default=None, repr=False)
    """The secret of the keyed hash."""

    def __post_init__(self) -> None:
        for name, table in self.tables.items():
            for region in (table.region, *table.regions.values()):
                refuse_unknown_region(f"tables.{name}", region)

    @property
    def gives(self) -> tuple[str, ...]:
        """The further kinds of identifier an answer may bring."""
        kinds = (kind for table in self.tables.values() for kind in table.gives)
        return tuple(dict.fromkeys(kinds))

    @property
    def identifies_by(self) -> tuple[str, ...]:
        """The kinds of identifier any table can be searched by; a name comes last."""
        kinds = [kind for table in self.tables.values() for kind in table.identify]
        names = ["name"] if any(table.name_match for table in self.tables.values()) else []
        return tuple(dict.fromkeys([*kinds, *names]))
