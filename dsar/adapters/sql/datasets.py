"""The collections of a Fideslang dataset as tables of a SQL source."""

from pathlib import Path

from dsar.adapters.fideslang import dataset
from dsar.adapters.fideslang.dataset import DescribedCollection
from dsar.adapters.sql.sql_settings import Table


def read(path: Path, key: str | None = None) -> dict[str, Table]:
    """The tables of the dataset `key`, or of the only one in the file.

    Raises BadInput naming the file, the line and the mend.
    """
    return {name: _table(one) for name, one in dataset.read(path, key).items()}


def _table(told: DescribedCollection) -> Table:
    """Whoever other rows refer to is a person, and must be one; mere mentions may be many."""
    return Table(
        key=tuple(told.key),
        title=told.title,
        meaning=told.meaning,
        identify={kind: tuple(columns) for kind, columns in told.identify.items()},
        unique=told.followed,
        from_={column: tuple(targets) for column, targets in told.from_.items()},
        gives=told.gives,
        erase=told.erase,
        columns=told.columns,
    )
