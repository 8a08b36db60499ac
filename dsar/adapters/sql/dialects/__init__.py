"""What each kind of database does in its own way, by SQLAlchemy's name for it."""

from collections.abc import Mapping

from dsar.adapters.sql.dialects.dialect import Dialect
from dsar.adapters.sql.dialects.mysql import Mysql
from dsar.adapters.sql.dialects.postgresql import Postgresql
from dsar.adapters.sql.dialects.sqlite import Sqlite

_KNOWN: Mapping[str, Dialect] = {
    "mariadb": Mysql(),
    "mysql": Mysql(),
    "postgresql": Postgresql(),
    "sqlite": Sqlite(),
}
_OTHER = Dialect()


def dialect(name: str) -> Dialect:
    """The dialect of that name; any other speaks as SQLAlchemy does."""
    return _KNOWN.get(name, _OTHER)
