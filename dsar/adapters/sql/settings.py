"""The declaration of a SQL source: its tables, their keys and how a person is found in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dsar.adapters.dictionary import Column, Erase, Marking
from dsar.sdk.settings import Location, Words

if TYPE_CHECKING:
    from dsar.adapters.sql.schema import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table.

    `key` names the columns that tell rows apart; without it the table's primary key does.
    `identify` maps a kind of identifier to the column or columns that hold it; `from` maps a column
    to the "table.column" it refers to, or to several; `gives` maps a kind of identifier to the
    column that holds a further one of the same person. `unique` says that one identifier belongs to
    one row: two rows stop the search, or need a person's eye where the identifier is `shared`.
    `table` is the name in the database where it differs, with its schema if need be.
    """

    key: tuple[str, ...] = ()
    title: Words = field(default_factory=dict)
    meaning: Words = field(default_factory=dict)
    table: str = ""
    identify: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fold: tuple[str, ...] = ("email",)
    unique: bool = True
    shared: bool = False
    name_match: str | None = None
    from_: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)
    erase: Erase = Erase.DELETE
    restrict: Marking | None = None
    object_to: Marking | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)

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


@dataclass(frozen=True, kw_only=True)
class SqlSettings:
    """A SQL source: any SQLAlchemy URL, the declared tables, how many records make a page.

    `dataset` is a Fideslang dataset in YAML to take the tables from; where the file holds several,
    `dataset_key` chooses. A table declared here as well replaces the one of the dataset. All
    adapters made from the same settings share what was learned of the database's schema.
    """

    url: Location = field(repr=False)
    tables: Mapping[str, Table] = field(default_factory=dict)
    dataset: Path | None = None
    dataset_key: str | None = None
    page: int = 1000
    mask_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.dataset:
            from dsar.adapters.sql.fideslang import read

            tables = {**read(self.dataset, self.dataset_key), **self.tables}
            object.__setattr__(self, "tables", tables)

    @property
    def gives(self) -> tuple[str, ...]:
        """The further kinds of identifier an answer may bring."""
        kinds = (kind for table in self.tables.values() for kind in table.gives)
        return tuple(dict.fromkeys(kinds))

    @cached_property
    def database(self) -> "Database":
        """The database these settings mean."""
        from dsar.adapters.sql.schema import Database

        return Database(self)

    @property
    def identifies_by(self) -> tuple[str, ...]:
        """The kinds of identifier any table can be searched by; a name comes last."""
        kinds = [kind for table in self.tables.values() for kind in table.identify]
        names = ["name"] if any(table.name_match for table in self.tables.values()) else []
        return tuple(dict.fromkeys([*kinds, *names]))
