"""Every type of a column, what is stored in one, and what a person reads of it."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SQLITE, POSTGRES, MARIADB = "SQLite", "PostgreSQL", "MariaDB"


@dataclass(frozen=True)
class Kind:
    """One type of a database, with a value in SQL and the same value as a record holds it.

    `corrected` is a correction that may be written. `keys` are three values in SQL that may be a
    table's keys, and the same as JSON values; none where the type can be no key there.
    """

    database: str
    type: str
    stored: str
    read: Any
    corrected: Any
    keys: Sequence[tuple[str, Any]] = ()
    note: str = ""

    def __str__(self) -> str:
        return f"{self.database} {self.type} {self.stored}"[:60]


def _numbers(database: str, *types: str) -> list[Kind]:
    keys = _whole(4, -7, 12)
    return [Kind(database, one, "4", 4, 5, keys) for one in types]


def _whole(*numbers: int) -> tuple[tuple[str, int], ...]:
    return tuple((str(number), number) for number in numbers)


def _same(*texts: str) -> tuple[tuple[str, str], ...]:
    """Keys that are called as they are written in SQL."""
    return tuple((f"'{text}'", text) for text in texts)


_UUIDS = (
    "0b4bd7cc-8d9e-4a5a-9d65-3f6d6a6d2b1a",
    "11111111-8d9e-4a5a-9d65-3f6d6a6d2b1a",
    "ffffffff-8d9e-4a5a-9d65-3f6d6a6d2b1a",
)
_LAST_DAYS = _same("2026-01-02", "0044-03-15 BC", "infinity")
_TIMES = _same("24:00:00", "01:02:03", "00:00:00")
_MOMENTS = _same("2026-01-02 03:04:05", "12026-01-02 03:04:05.5", "-infinity")

# fmt: off
_POSTGRES = [
    *_numbers(POSTGRES, "smallint", "integer", "bigint"),
    Kind(POSTGRES, "oid", "4", 4, 5, _whole(4, 5, 4294967295)),
    Kind(POSTGRES, "numeric", "'0.0000000001'", "0.0000000001", "1.10", _same("1.10", "2", "-3.5")),
    Kind(POSTGRES, "numeric(10,2)", "1.5", "1.50", "2.75", _same("1.50", "2.00", "3.00")),
    Kind(POSTGRES, "real", "0.1", 0.1, 0.2, _same("0.1", "1.6777216e+07", "Infinity")),
    Kind(POSTGRES, "double precision", "'1.234e-12'", 1.234e-12, 52.52000659999912, _same("0.1", "1e+22", "-0.30000000000000004")),
    Kind(POSTGRES, "double precision", "'-infinity'", "-Infinity", 0.5),
    Kind(POSTGRES, "money", "'1000.5'", "$1,000.50", "$2.00", _same("$1.00", "$2.00", "$3.00")),
    Kind(POSTGRES, "varchar(20)", "'Zoë '", "Zoë ", "Zoë", _same("Zoë", "zoë", "Zoë ")),
    Kind(POSTGRES, "char(5)", "'ab'", "ab   ", "cd   ", (("'ab'", "ab   "), ("'cd'", "cd   "), ("'AB'", "AB   "))),
    Kind(POSTGRES, "text", "'a\"b'", 'a"b', "", _same("a,b", "[1]", "12")),
    Kind(POSTGRES, "name", "'n'", "n", "m", _same("n", "m", "o")),
    Kind(POSTGRES, '"char"', "'n'", "n", "m", _same("n", "m", "o")),
    Kind(POSTGRES, "bytea", "'\\x00ff'", "AP8=", "AQ==", (("'\\x00ff'", "AP8="), ("'\\x01'", "AQ=="), ("'\\xff'", "/w=="))),
    Kind(POSTGRES, "boolean", "true", read=True, corrected=False, keys=(("true", True), ("false", False))),
    Kind(POSTGRES, "date", "'infinity'", "infinity", "2026-01-02", _LAST_DAYS),
    Kind(POSTGRES, "date", "'12026-01-02'", "12026-01-02", "0044-03-15 BC"),
    Kind(POSTGRES, "timestamp", "'2026-01-02 03:04:05'", "2026-01-02T03:04:05", "infinity", _MOMENTS),
    Kind(POSTGRES, "timestamptz", "'2024-10-27 02:30:00 Europe/Berlin'", "2024-10-27T01:30:00+00:00", "2026-01-02T03:04:05+00:00", _same("2026-01-02 03:04:05+00", "0044-03-15 00:00:00+00 BC", "infinity")),
    Kind(POSTGRES, "time", "'24:00:00'", "24:00:00", "03:04:05", _TIMES),
    Kind(POSTGRES, "timetz", "'24:00:00+02'", "24:00:00+02", "03:04:05+00", _same("24:00:00+02", "01:00:00+00", "02:00:00-05:30")),
    Kind(POSTGRES, "interval", "'1 mon'", "1 mon", "30 days", _same("1 mon", "2 years", "-00:00:01")),
    Kind(POSTGRES, "interval", "'178000000 years'", "178000000 years", "1 day"),
    Kind(POSTGRES, "uuid", f"'{_UUIDS[0].upper()}'", _UUIDS[0], _UUIDS[1], _same(*_UUIDS)),
    Kind(POSTGRES, "inet", "'192.0.2.1'", "192.0.2.1", "::1", _same("192.0.2.1", "10.0.0.0/8", "::1")),
    Kind(POSTGRES, "cidr", "'10/8'", "10.0.0.0/8", "::/0", _same("10.0.0.0/8", "10.1.0.0/16", "::/0")),
    Kind(POSTGRES, "macaddr", "'08-00-2b-01-02-03'", "08:00:2b:01:02:03", "08:00:2b:01:02:04", _same("08:00:2b:01:02:03", "08:00:2b:01:02:04", "ff:00:2b:01:02:04")),
    Kind(POSTGRES, "bit(3)", "B'101'", "101", "010", _same("101", "010", "111")),
    Kind(POSTGRES, "varbit", "B'10'", "10", "0101", _same("10", "1", "0101")),
    Kind(POSTGRES, "jsonb", '\'{"amount": 12345678901234567.89, "rate": 1.10, "n": [1.5, null]}\'', {"amount": "12345678901234567.89", "rate": "1.10", "n": [1.5, None]}, {"a": [1, None]}, (("'1.10'", "1.10"), ("'{\"a\": 1}'", '{"a": 1}'), ("'null'", "null"))),
    Kind(POSTGRES, "json", "'{\"iban\": 12345678901234567890123}'", {"iban": "12345678901234567890123"}, [1]),
    Kind(POSTGRES, "xml", "'<a>1</a>'", "<a>1</a>", "<b/>"),
    Kind(POSTGRES, "point", "'(13.4,52.5)'", "(13.4,52.5)", "(1,2)"),
    Kind(POSTGRES, "circle", "'<(1,2),3>'", "<(1,2),3>", "<(0,0),1>"),
    Kind(POSTGRES, "int4range", "'[1,3)'", "[1,3)", "empty", _same("[1,3)", "[5,)", "empty")),
    Kind(POSTGRES, "int4multirange", "'{[1,3),[5,7)}'", "{[1,3),[5,7)}", "{}", _same("{[1,3),[5,7)}", "{}", "{[9,11)}")),
    Kind(POSTGRES, "tstzrange", "'[2026-01-01 00:00+00,infinity)'", '["2026-01-01 00:00:00+00",infinity)', "empty"),
    Kind(POSTGRES, "mood", "'glad'", "glad", "sad", _same("sad", "glad", "so-so")),
    Kind(POSTGRES, "age", "7", 7, 8, _whole(7, 8, 9)),
    Kind(POSTGRES, "address", "ROW('Kai 1', 5)", '("Kai 1",5)', '("Kai 2",6)'),
    Kind(POSTGRES, "integer[]", "'{1,NULL,3}'", [1, None, 3], [4], (("'{1,2}'", "{1,2}"), ("'{}'", "{}"), ("'{3,NULL}'", "{3,NULL}"))),
    Kind(POSTGRES, "text[]", "'{a,{b}}'".replace("{b}", '"b,c"'), ["a", "b,c"], ["x", "", "NULL"]),
    Kind(POSTGRES, "date[]", "'{infinity,2026-01-02}'", ["infinity", "2026-01-02"], ["2026-01-03"]),
    Kind(POSTGRES, "inet[]", "'{192.0.2.1,10/8}'", ["192.0.2.1", "10.0.0.0/8"], ["::1"]),
    Kind(POSTGRES, "jsonb[]", "ARRAY['{\"a\": 1.10}'::jsonb]", [{"a": "1.10"}], [{"b": 2}]),
    Kind(POSTGRES, "tsvector", "'a:1 b:2'", "'a':1 'b':2", "'c':3"),
    Kind(POSTGRES, "pg_lsn", "'16/B374D848'", "16/B374D848", "0/0", _same("16/B374D848", "0/0", "0/1")),
]

_MARIADB = [
    *_numbers(MARIADB, "TINYINT", "TINYINT(1)", "SMALLINT", "MEDIUMINT", "INT", "BIGINT"),
    Kind(MARIADB, "TINYINT(1)", "1", 1, 0, note="BOOLEAN is written so: true is 1 there"),
    Kind(MARIADB, "BIGINT UNSIGNED", "12345678901234567890", 12345678901234567890, 18446744073709551615, _whole(12345678901234567890, 18446744073709551615, 7)),
    Kind(MARIADB, "INT(6) UNSIGNED ZEROFILL", "42", "000042", "000043", (("42", "000042"), ("43", "000043"), ("1234567", "1234567"))),
    Kind(MARIADB, "DECIMAL(30,10)", "12345678901234567890.1", "12345678901234567890.1000000000", "0.0000000001", tuple((f"{n}", f"{n}") for n in ("12345678901234567890.1000000000", "12345678901234567890.2000000000", "1.0000000000"))),
    Kind(MARIADB, "FLOAT", "0.1", 0.1, 0.2, _same("0.1", "0.25", "-3.5")),
    Kind(MARIADB, "DOUBLE", "0.000000000001234", 1.234e-12, 52.52000659999912, _same("0.1", "1e22", "-3.5")),
    Kind(MARIADB, "BIT(1)", "b'1'", 1, 0, _whole(1, 0)),
    Kind(MARIADB, "BIT(12)", "b'101'", 5, 6, _whole(5, 6, 4095)),
    Kind(MARIADB, "CHAR(5)", "'ab'", "ab", "cd", _same("ab", "cd", "ef")),
    Kind(MARIADB, "VARCHAR(20)", "'Zoë '", "Zoë ", "Zoë", _same("Zoë", "a ", "[1]")),
    Kind(MARIADB, "VARCHAR(20) CHARACTER SET latin1", "'Zoë'", "Zoë", "zoé", _same("Zoë", "a", "b")),
    Kind(MARIADB, "TEXT", "'a\"b'", 'a"b', ""),
    Kind(MARIADB, "BINARY(2)", "x'00ff'", "AP8=", "AQI=", (("x'00ff'", "AP8="), ("x'0102'", "AQI="), ("x'ffff'", "//8="))),
    Kind(MARIADB, "VARBINARY(9)", "x'00ff'", "AP8=", "AQI=", (("x'00ff'", "AP8="), ("x'01'", "AQ=="), ("x'0100'", "AQA="))),
    Kind(MARIADB, "BLOB", "x'00ff'", "AP8=", "AQI="),
    Kind(MARIADB, "DATE", "'0000-00-00'", "0000-00-00", "9999-12-31", _same("0000-00-00", "2026-01-02", "9999-12-31")),
    Kind(MARIADB, "TIME", "'36:30:00'", "36:30:00", "-01:30:00", _same("36:30:00", "-01:30:00", "00:00:00")),
    Kind(MARIADB, "TIME(3)", "'-838:59:59'", "-838:59:59.000", "01:02:03.500"),
    Kind(MARIADB, "DATETIME", "'2026-01-02 03:04:05'", "2026-01-02T03:04:05", "2026-01-02T03:04:06", _same("0000-00-00 00:00:00", "2026-01-02 03:04:05", "9999-12-31 23:59:59")),
    Kind(MARIADB, "DATETIME(3)", "'2026-01-02 03:04:05.5'", "2026-01-02T03:04:05.500", "0000-00-00 00:00:00.000"),
    Kind(MARIADB, "TIMESTAMP NULL", "'2026-01-02 03:04:05'", "2026-01-02T03:04:05", "2026-01-02T03:04:06"),
    Kind(MARIADB, "YEAR", "2026", 2026, 1999, _whole(2026, 0, 1999)),
    Kind(MARIADB, "ENUM('z','m','a')", "'m'", "m", "a", _same("z", "m", "a")),
    Kind(MARIADB, "SET('news','offers','events')", "'news,events'", "news,events", "offers", _same("offers", "news,events", "")),
    Kind(MARIADB, "JSON", "'{\"rate\": 1.10}'", '{"rate": 1.10}', '{"a": 1}', note="a text there"),
    Kind(MARIADB, "POINT", "POINT(13.4,52.5)", "POINT(13.4 52.5)", "POINT(1 2)"),
    Kind(MARIADB, "POLYGON", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')", "POLYGON((0 0,1 0,1 1,0 0))", "POLYGON((0 0,2 0,2 2,0 0))"),
    Kind(MARIADB, "INET6", "'2001:db8::1'", "2001:db8::1", "::1", _same("2001:db8::1", "::1", "::2")),
    Kind(MARIADB, "UUID", f"'{_UUIDS[0]}'", _UUIDS[0], _UUIDS[1], _same(*_UUIDS)),
]

_STORED = (("4", 4), ("'four'", "four"), ("2.5", 2.5), ("x'00ff'", "AP8="))
_SQLITE = [
    Kind(SQLITE, "INTEGER", "4", 4, 5, _whole(4, -7, 12)),
    Kind(SQLITE, "INT", "'four'", "four", 5, _STORED),
    Kind(SQLITE, "BIGINT", "9223372036854775807", 9223372036854775807, 1, _whole(9223372036854775807, 1, 2)),
    Kind(SQLITE, "TEXT", "'Zoë '", "Zoë ", "Zoë", (("'Zoë '", "Zoë "), ("12", "12"), ("'[1]'", "[1]"), ("x'00ff'", "AP8="))),
    Kind(SQLITE, "VARCHAR(20) COLLATE NOCASE", "'Ab'", "Ab", "ab", _same("Ab", "b", "1")),
    Kind(SQLITE, "REAL", "52.520006599999123", 52.52000659999912, 1.234e-12, (("0.1", 0.1), ("1e22", 1e22), ("4", 4.0))),
    Kind(SQLITE, "NUMERIC", "'12345678901234567890'", "1.2345678901234567e+19", "7", _STORED, note="more digits than it can hold"),
    Kind(SQLITE, "NUMERIC(8, 2)", "1.5", "1.50", "2.75", (("1.5", 1.5), ("2", 2), ("'x'", "x"))),
    Kind(SQLITE, "NUMERIC(8, 2)", "1.555", "1.555", "2.75"),
    Kind(SQLITE, "BLOB", "x'00ff'", "AP8=", "AQ==", (("x'00ff'", "AP8="), ("'AP9='", "AP9="), ("4", 4))),
    Kind(SQLITE, "BOOLEAN", "1", read=True, corrected=False, keys=_whole(1, 0, 4)),
    Kind(SQLITE, "BOOLEAN", "4", 4, corrected=True),
    Kind(SQLITE, "DATE", "'2026-01-02'", "2026-01-02", "2026-01-03", _same("2026-01-02", "2026-01-03", "0000-00-00")),
    Kind(SQLITE, "DATETIME", "'2026-01-02 03:04:05'", "2026-01-02T03:04:05", "2026-01-02T03:04:06", (("'2026-01-02 03:04:05'", "2026-01-02 03:04:05"), ("'2026-01-02T03:04:05'", "2026-01-02T03:04:05"), ("1767323045", 1767323045))),
    Kind(SQLITE, "DATETIME", "1767323045", 1767323045, 1767323046, note="seconds"),
    Kind(SQLITE, "TIME", "'24:00:00'", "24:00:00", "03:04:05", _TIMES),
    Kind(SQLITE, "JSON", "'{\"rate\": 1.10}'", {"rate": "1.10"}, {"a": [1, None]}),
    Kind(SQLITE, "UUID", f"'{_UUIDS[0]}'", _UUIDS[0], _UUIDS[1], _same(*_UUIDS)),
    Kind(SQLITE, "GUID", "'00012'", 12, "abc", _same("abc", "x1", "1x"), note="a number to SQLite"),
    Kind(SQLITE, "STRING", "'abc'", "abc", "abd", _same("abc", "x1", "1x")),
    Kind(SQLITE, "", "4", 4, "four", _STORED),
]

# fmt: on

KINDS = (*_SQLITE, *_POSTGRES, *_MARIADB)
#: What must be there before a table of PostgreSQL can have all of these.
DEFINITIONS = (
    "CREATE TYPE mood AS ENUM ('sad', 'so-so', 'glad')",
    "CREATE DOMAIN age AS integer CHECK (VALUE > 0)",
    "CREATE TYPE address AS (street text, number integer)",
)


_HEAD = """# What a record says of each type

Drawn from the tests, which read, erase and correct a value of each type, and find rows by keys of it:
what the database says is what the person reads. Dates with a time are ISO 8601 where they are ordinary
ones; numbers in a JSON document that not every reader could hold stand there as text, with every digit;
bytes are base64.

| database | type | stored | read | a key |
|---|---|---|---|---|
"""


def page() -> str:
    """The table in the documents."""
    return _HEAD + "".join(_row(kind) for kind in KINDS)


def _row(kind: Kind) -> str:
    stored = kind.stored.replace("|", "\\|")
    read = json.dumps(kind.read, ensure_ascii=False).replace("|", "\\|")
    note = f" ({kind.note})" if kind.note else ""
    known = "yes" if kind.keys else ""
    return (
        f"| {kind.database} | `{kind.type or '(none)'}` | `{stored}` | `{read}`{note} | {known} |\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
