"""Why a database refuses to change one record, in sentences without its values.

Database messages quote values ("Key (email)=(…) already exists"), so none of their text is passed
on: only what their codes mean, and the names of tables and columns.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import exc

from dsar.adapters.sql.errors import sqlstate

#: SQLSTATEs of a key that still leads here, and of one that would lead nowhere.
REFERRED = frozenset({"23503", "23001"})
NOT_EMPTY, _TRIGGER = "23502", "P0001"

#: By SQLSTATE (PostgreSQL manual, appendix A; MariaDB manual, "SQLSTATE").
_REFUSALS: Mapping[str, str] = {
    "23502": "Column{column} cannot be empty. Declare a mask for it.",
    "23503": "The value{column} refers to a record that is not there. Correct the value.",
    "23505": "The value{column} stands in another record, and the database wants it unique. "
    "Declare a mask with {{key}} in it, or choose another value.",
    "23514": "A rule of the database forbids the value{column}. Declare a mask it allows, or "
    "choose another value.",
    "22001": "The value{column} is longer than its column. Declare a shorter mask, or shorten it.",
    "22": "The value{column} is not of its column's type. Declare another mask, or correct it.",
    "42804": "The value{column} is not of its column's type. Declare another mask, or correct it.",
    "428C9": "Column{column} is worked out by the database and takes no other value.",
    "44": "The view{table} does not allow the value{column}. Declare the table behind it.",
    "P0001": "A trigger of the database refuses the change. Ask who runs the database on what "
    "terms it can be made.",
    "45000": "A trigger of the database refuses the change. Ask who runs the database on what "
    "terms it can be made.",
    "27000": "A trigger of the database refuses the change. Ask who runs the database on what "
    "terms it can be made.",
}
#: SQLite's names of its constraints.
_SQLITE: Mapping[str, str] = {
    "SQLITE_CONSTRAINT_FOREIGNKEY": "23503",
    "SQLITE_CONSTRAINT_NOTNULL": NOT_EMPTY,
    "SQLITE_CONSTRAINT_UNIQUE": "23505",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "23505",
    "SQLITE_CONSTRAINT_ROWID": "23505",
    "SQLITE_CONSTRAINT_CHECK": "23514",
    "SQLITE_CONSTRAINT_DATATYPE": "22000",
    "SQLITE_CONSTRAINT_TRIGGER": _TRIGGER,
    "SQLITE_MISMATCH": "22000",
}


def state_of(error: exc.DBAPIError) -> str:
    """The SQLSTATE of a refusal, or ""."""
    return sqlstate(error) or _SQLITE.get(getattr(error.orig, "sqlite_errorname", ""), "")


def refuses(error: exc.DBAPIError) -> bool:
    """Whether the database refuses this record, and may well take another."""
    rejected = isinstance(error, exc.IntegrityError | exc.DataError)
    return rejected or _sentence(state_of(error)) is not None


def refusal(error: exc.DBAPIError, column: str = "") -> str:
    """Why the database refused to change one record; `column` where it is known from elsewhere."""
    state = state_of(error)
    sentence = _sentence(state) or f"The database refused the change (error {state or 'unknown'})."
    named = f" {column}" if column else _column(error)
    return sentence.format(table=_named(error, "table_name"), column=named)


def _sentence(state: str) -> str | None:
    return next((_REFUSALS[known] for known in (state, state[:2]) if known in _REFUSALS), None)


def names_column(error: exc.DBAPIError) -> bool:
    """Whether the database said which column it is about."""
    return bool(_column(error))


def _column(error: exc.DBAPIError) -> str:
    """The column, as PostgreSQL's diagnostics, SQLite and MariaDB name it, with a space before."""
    found = _COLUMN.search(str(error.orig))
    name = next((one for one in found.groups() if one), "") if found else ""
    return f" {name}" if name else _named(error, "column_name")


_COLUMN = re.compile(
    r"(?:NOT NULL|UNIQUE) constraint failed: ([^\s,]+)"
    r"|(?:Data too long|Out of range value) for column '([^']+)' at row"
    r"|Column '([^']+)' cannot be null"
    r"|Incorrect \w+ value: .* for column (?:`[^`]*`\.)*`([^`]+)` at row",
    re.DOTALL,
)


def _named(error: exc.DBAPIError, what: str) -> str:
    """The table or column PostgreSQL names in its diagnostics, with a space before it."""
    diagnostics: Any = getattr(error.orig, "diag", None)
    name = getattr(diagnostics, what, None)
    return f" {name}" if name else ""
