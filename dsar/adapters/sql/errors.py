"""What a database's refusal means to us: `Later`, `NeedsHuman`, or a reason on one record.

Database messages quote values ("Key (email)=(…) already exists"), so none of their text is passed
on: only the code, and the names of tables and columns.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import exc

from dsar.adapters.sql.dialects.mysql import STATES
from dsar.sdk import Later, NeedsHuman

_UNREACHABLE = "The database cannot be reached."
_BUSY = "The database is busy."
_WRITING = (
    "The database refuses writing{where}. Give this source's user the right to change it, "
    "or point the source at a database that can be written to."
)
_VIEW = re.compile("because it is a view")
_IS_VIEW = "{name} is a view whose rows cannot be changed. Declare the table behind it."
_CREDENTIALS = "The database refuses our credentials. Correct the user or password in the URL."
_NO_TABLE = "Table {name} is not in the database. Restore it, or mend the source's declaration."
_NO_COLUMN = "Column {name} is not in the database. Restore it, or mend the source's declaration."
_NOT_UTF8 = "A text in column {column} is not UTF-8. Mend the data, then try again."
_CODED = (
    "A text in {place} is not in the encoding it is read in. Name the one it is in at the end of "
    "the URL, such as ?client_encoding=latin1, or mend the data."
)

#: By SQLSTATE, or its first two signs (PostgreSQL manual, appendix A).
_STATES: Mapping[str, Exception] = {
    "08": Later(_UNREACHABLE),
    "28": NeedsHuman(_CREDENTIALS, code="refused"),
    "40": Later(_BUSY, 5),
    "53": Later(_BUSY),
    "55P03": Later(_BUSY, 5),
    "57": Later(_UNREACHABLE),
}
_REFUSED_WRITING = {"25006", "42501"}
_NO_CHANGES = "55000"
_STRANGE_SIGNS = {"22021", "22P05"}
_TABLE_GONE, _COLUMN_GONE = "42P01", "42703"

#: What SQLite, and whoever refuses a connection, says in words only.
_WORDS = (
    (re.compile(r"no such table: (?:main\.)?(\S+)"), lambda m: NeedsHuman(_no_table(m[1]))),
    (re.compile(r"no such column: (\S+)"), lambda m: NeedsHuman(_no_column(m[1]))),
    (re.compile(r"has no column named (\S+)"), lambda m: NeedsHuman(_no_column(m[1]))),
    (
        re.compile(r"readonly database"),
        lambda _: NeedsHuman(_WRITING.format(where=""), code="refused"),
    ),
    (re.compile(r"unable to open|disk I/O"), lambda _: Later(_UNREACHABLE)),
    (re.compile(r"locked|busy"), lambda _: Later(_BUSY, 5)),
    (
        re.compile(r"(?:role|user) \S+ does not exist|authentication failed|no password supplied"),
        lambda _: NeedsHuman(_CREDENTIALS, code="refused"),
    ),
    (
        re.compile(r"database \S+ does not exist|Unknown database"),
        lambda _: NeedsHuman("The database named in the URL does not exist. Correct the URL."),
    ),
    (
        re.compile(r"not a database|malformed"),
        lambda _: NeedsHuman(
            "The file is no sound SQLite database. Restore it.", code="unreadable"
        ),
    ),
    (
        re.compile(r"decode to UTF-8 column '([^']*)'"),
        lambda m: NeedsHuman(_NOT_UTF8.format(column=m[1]), code="unreadable"),
    ),
)


@contextmanager
def named_failures(table: str = "") -> Iterator[None]:
    """Turns whatever SQLAlchemy raises inside into `Later` or `NeedsHuman`, without its text."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise failure(error, table) from None
    except UnicodeDecodeError:  # the driver's own, which SQLAlchemy lets through
        raise _coded(table) from None


def failure(error: exc.SQLAlchemyError, table: str = "") -> Exception:
    """`Later` where waiting can help, else `NeedsHuman` saying what to mend."""
    if isinstance(error, exc.DBAPIError):
        return _from_driver(error, table)
    if isinstance(error, exc.TimeoutError):
        return Later(_BUSY, 5)
    if isinstance(error, exc.NoSuchModuleError | exc.ArgumentError):
        return NeedsHuman("The URL is not one SQLAlchemy understands. Correct the setting url.")
    return NeedsHuman(f"The database cannot be used ({type(error).__name__}).")


def _from_driver(error: exc.DBAPIError, table: str) -> Exception:
    state = sqlstate(error)
    where = f" to {table}" if table else ""
    if state in _STRANGE_SIGNS:
        return _coded(table)
    if state in _REFUSED_WRITING:
        return NeedsHuman(_WRITING.format(where=where), code="refused")
    if state == _NO_CHANGES or _VIEW.search(str(error.orig)):
        return NeedsHuman(_IS_VIEW.format(name=table or "It"), code="cannot")
    if state in {_TABLE_GONE, _COLUMN_GONE}:
        name = _quoted(error) or table
        return NeedsHuman(_no_table(name) if state == _TABLE_GONE else _no_column(name))
    for known in (state, state[:2]):
        if known in _STATES:
            return _fresh(_STATES[known])
    return _from_words(error) or _unnamed(error, state, where)


def _coded(place: str) -> NeedsHuman:
    return NeedsHuman(_CODED.format(place=place or "the database"), code="unreadable")


def in_another_encoding(error: Exception) -> bool:
    """Whether a text is not in the encoding it is read in."""
    coded = isinstance(error, exc.DBAPIError) and sqlstate(error) in _STRANGE_SIGNS
    return coded or isinstance(error, UnicodeDecodeError)


def _from_words(error: exc.DBAPIError) -> Exception | None:
    words = str(error.orig)
    for pattern, meaning in _WORDS:
        if found := pattern.search(words):
            return meaning(found)
    if error.connection_invalidated or "connect" in words.lower():
        return Later(_UNREACHABLE)
    return None


def _unnamed(error: exc.DBAPIError, state: str, where: str) -> Exception:
    code = state or type(error.orig).__name__
    return NeedsHuman(f"The database answered the statement{where} with error {code}.")


def _fresh(known: Exception) -> Exception:
    if isinstance(known, Later):
        return Later(known.reason, known.wait)
    return NeedsHuman(str(known), code="refused")


def _no_table(name: str) -> str:
    return _NO_TABLE.format(name=name)


def _no_column(name: str) -> str:
    return _NO_COLUMN.format(name=name)


def sqlstate(error: exc.DBAPIError) -> str:
    """The SQLSTATE that the server's number stands for, or the driver names, or ""."""
    number = next(iter(getattr(error.orig, "args", ())), None)
    meant = STATES.get(number) if isinstance(number, int) else None
    return str(meant or getattr(error.orig, "sqlstate", None) or "")


def _quoted(error: exc.DBAPIError) -> str:
    """The first name in quotes of a message about a missing table or column."""
    found = re.search(r""""([^"]+)"|column (\S+) does|'(?:\w+\.)?(\w+)'""", str(error.orig))
    return next((name for name in found.groups() if name), "") if found else ""
