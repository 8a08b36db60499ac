"""What is particular to MySQL and MariaDB."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import TINYINT
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeEngine

#: SQLAlchemy's names for both.
NAMES = frozenset({"mariadb", "mysql"})

#: A server that is not strict cuts a value that is too long, and says nothing.
STRICT = "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')"


class in_utf8(GenericFunction[str]):  # noqa: N801 - a function in SQL
    """A text in UTF-8, whatever character set its column has."""

    type = sa.Text()
    inherit_cache = True


@compiles(in_utf8, *NAMES)
def _in_utf8(element: Any, compiler: Any, **words: Any) -> str:
    return f"CONVERT({compiler.process(element.clauses, **words)} USING utf8mb4)"


def real_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """BOOLEAN is written as TINYINT(1) there, and read back as that."""
    if isinstance(kind, TINYINT) and kind.display_width == 1:
        return sa.Boolean()
    return kind


#: SQLSTATEs by the server's own numbers, which say more than the states it sends (MariaDB manual,
#: "MariaDB Error Codes").
STATES: Mapping[int, str] = {
    1040: "53300",  # too many connections
    1044: "28000",  # no right to the database
    1045: "28000",  # wrong user or password
    1048: "23502",  # cannot be null
    1054: "42703",  # no such column
    1062: "23505",  # a value that must be unique
    1142: "42501",  # no right to the table
    1143: "42501",  # no right to the column
    1146: "42P01",  # no such table
    1205: "55P03",  # waited for a lock too long
    1213: "40P01",  # deadlock
    1227: "42501",  # no right to do that
    1264: "22P02",  # a number out of its column's range
    1290: "25006",  # the server is read-only
    1292: "22P02",  # no such date
    1364: "23502",  # no default value
    1366: "22P02",  # no such value of the column's type
    1406: "22001",  # too long
    1451: "23503",  # still referred to
    1452: "23503",  # refers to nothing
    1698: "28000",  # may not log in so
    1792: "25006",  # the transaction is read-only
    1836: "25006",  # the server is read-only
    2002: "08001",  # cannot be reached
    2003: "08001",  # cannot be reached
    2006: "08006",  # has gone away
    2013: "08006",  # lost while asking
    3819: "23514",  # a check (MySQL)
    4025: "23514",  # a check (MariaDB)
}
