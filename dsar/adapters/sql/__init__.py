"""Any database SQLAlchemy can reach: tables, keys and references declared, rows found and changed.

Statements carry parameters only. A search sees one consistent state of the database; a batch of
changes is one transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from dsar.adapters.dictionary import collection
from dsar.adapters.sql import datasets, read
from dsar.adapters.sql.changes import verbs
from dsar.adapters.sql.checks import declaration
from dsar.adapters.sql.plan import faults, order, steps
from dsar.adapters.sql.schema import database_of
from dsar.adapters.sql.sql_settings import SqlSettings
from dsar.sdk import (
    Adapter,
    Batch,
    Collection,
    Later,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Subject,
)


class Sql(Adapter):
    """The tables of one database."""

    name = "sql"
    title = "SQL database"
    Settings = SqlSettings

    settings: SqlSettings

    def __init__(self, settings: SqlSettings) -> None:
        super().__init__(settings)
        self.identifies_by = settings.identifies_by
        self.gives = settings.gives
        self._database = database_of(settings)
        self._database.open()

    @classmethod
    def completed(cls, settings: SqlSettings) -> SqlSettings:
        """The tables of the Fideslang dataset too; one declared in the settings replaces its own.

        Raises BadInput naming the file, the line and the mend.
        """
        if settings.dataset is None:
            return settings
        described = datasets.read(settings.dataset, settings.dataset_key)
        return replace(settings, tables={**described, **settings.tables})

    def collections(self) -> Sequence[Collection]:
        """Every declared table, parents first.

        Foreign keys of the database count too; while it cannot be reached, the declaration alone.
        """
        tables = self.settings.tables
        try:
            ordered, rest = order(tables, self._database.look_up())
        except (Later, NeedsHuman):
            ordered, rest = order(tables)
        return [
            collection(name, tables[name].title, tables[name].meaning, tables[name].columns)
            for name in (*ordered, *rest)
        ]

    def check(self) -> Sequence[Problem]:
        """The declaration against itself and against the live schema."""
        return declaration.problems(self._database, self.settings)

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """Parents first, then the rows that refer to them; in pages of the setting `page`."""
        self._refuse_faults()
        if not subject:
            return
        try:
            live = self._database.tables()
            with self._database.reading() as connection:
                ways = steps(connection, live, self.settings, subject)
                size = self.settings.page
                yield from read.pages(connection, live, ways, size, checkpoint)
        except (Later, NeedsHuman):
            self._database.forget()
            raise

    def erase(self, batch: Batch) -> list[Receipt]:
        """Deletes rows, or masks their columns, as the table declares."""
        return self._act(verbs.erase, batch, self.settings.mask_key or "")

    def rectify(self, batch: Batch) -> list[Receipt]:
        """Writes the corrected values."""
        return self._act(verbs.rectify, batch)

    def restrict(self, batch: Batch) -> list[Receipt]:
        """Sets the mark the table declares for restriction."""
        return self._act(verbs.restrict, batch)

    def lift(self, batch: Batch) -> list[Receipt]:
        """Writes what the table declares for a restriction that has ended."""
        return self._act(verbs.lift, batch)

    def object_to(self, batch: Batch) -> list[Receipt]:
        """Sets the mark the table declares for objections."""
        return self._act(verbs.object_to, batch)

    def probe(self, batch: Batch) -> list[Receipt]:
        """Whether each record is there; changes nothing."""
        return self._act(verbs.probe, batch)

    def close(self) -> None:
        """Closes the connections."""
        self._database.close()

    def _act(self, verb: Callable[..., list[Receipt]], *given: Any) -> list[Receipt]:
        try:
            return verb(self._database, *given)
        except (Later, NeedsHuman):
            self._database.forget()
            raise

    def _refuse_faults(self) -> None:
        """A declaration that contradicts itself is not searched by."""
        fault = next(faults(self.settings), None)
        if fault:
            raise NeedsHuman(str(fault))
