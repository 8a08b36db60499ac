"""An identifier is compared in its normal form, whatever a column holds and however it holds it."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from dsar.adapters.sql import Sql
from dsar.sdk import NeedsHuman, Subject
from dsar.sdk.registry import settings_from
from dsar.sdk.settings import BadInput
from tests.adapters.shop import run
from tests.servers import PostgresServer

UUID = "0b4bd7cc-8d9e-4a5a-9d65-3f6d6a6d2b1a"


def source(url: str, *, column: str = "held", kind: str = "number", **table: Any) -> Sql:
    """Table t, searched by e-mail address and by what its column holds."""
    declared = {"key": "id", "identify": {"email": "email", kind: column}, **table}
    return Sql(settings_from(Sql, {"url": url, "tables": {"t": declared}}, at="x"))


def made(url: str, definition: str, *values: str) -> None:
    """Table t with these values, each in a row of its own, written as SQL; the last row is Ann's."""
    rows = [f"({n}, NULL, {value})" for n, value in enumerate(values, start=1)]
    run(
        url,
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, email VARCHAR(99), held {definition})",
        *(f"INSERT INTO t VALUES {row}" for row in rows),
        "INSERT INTO t VALUES (99, 'ann@example.com', NULL)",
    )


def found(source: Sql, **identifiers: str) -> list[str]:
    subject = Subject.of(identifiers.items())
    try:
        return [record.key for page in source.find(subject) for record in page.records]
    finally:
        source.close()


def said(source: Sql) -> list[str]:
    """What check says of identifiers."""
    try:
        return [str(one) for one in source.check() if ".identify." in one.field]
    finally:
        source.close()


# --- blanks and case ------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", ["C-7 ", " C-7", "\tC-7\n", "\u00a0C-7\u2003", "C-7"])
def test_blanks_around_are_no_part_of_what_is_held(database_url: str, stored: str) -> None:
    made(database_url, "VARCHAR(99)", f"'{stored}'", "'C- 7'", "'c-7'", "'C-77'")
    assert found(source(database_url), number="C-7") == ["1"]


def test_one_address_with_a_blank_and_without_may_be_two_people(database_url: str) -> None:
    made(database_url, "VARCHAR(99)", "'C-7'", "'C-7 '")
    with pytest.raises(NeedsHuman, match="more than one person in t"):
        found(source(database_url), number="C-7")


@pytest.mark.parametrize("stored", [UUID, UUID.upper(), f" {UUID.upper()} "])
def test_a_uuid_is_the_same_in_either_case(database_url: str, stored: str) -> None:
    made(database_url, "VARCHAR(99)", f"'{stored}'")
    assert found(source(database_url), number=UUID.upper()) == ["1"]


OCTETS = {"sqlite": ("BLOB", "x'{}'"), "postgresql": ("BYTEA", "'\\x{}'")}
MARIADB_OCTETS = ("VARBINARY(99)", "x'{}'")


@pytest.mark.parametrize(
    ("identifier", "octets"),
    [
        ({"number": UUID}, uuid.UUID(UUID).bytes),
        ({"number": "C-7"}, b"C-7"),
        ({"number": "Ä-7"}, "Ä-7".encode()),
    ],
)
def test_a_column_of_octets_is_searched_by_text_and_by_a_uuids_octets(
    database_url: str, identifier: dict[str, str], octets: bytes
) -> None:
    kind, literal = OCTETS.get(sa.make_url(database_url).get_backend_name(), MARIADB_OCTETS)
    made(database_url, kind, literal.format(octets.hex()), literal.format(b"C-77".hex()))
    assert found(source(database_url), **identifier) == ["1"]
    assert said(source(database_url)) == []


@pytest.mark.postgres
def test_a_uuid_column_is_searched_in_either_case(postgres_url: str) -> None:
    made(postgres_url, "UUID", f"'{UUID}'")
    assert found(source(postgres_url), number=UUID.upper()) == ["1"]


def test_case_is_nothing_where_a_column_is_said_to_fold(database_url: str) -> None:
    made(database_url, "VARCHAR(99)", "'abc-Ä'")
    assert found(source(database_url), number="ABC-Ä") == []
    assert found(source(database_url, fold=["held"]), number="ABC-Ä") == ["1"]
    assert found(source(database_url, fold=["number"]), number="ABC-Ä") == ["1"]


def test_a_column_said_to_be_in_normal_form_is_compared_as_it_is(database_url: str) -> None:
    made(database_url, "VARCHAR(99)", "'C-7'", "'C-7 '", "'c-7'", "'Ä-7'", "'+49 30 123456'")
    tidy = source(database_url, indexed=["held"])
    assert found(tidy, number="C-7") == ["1"]
    assert found(tidy, number="Ä-7") == ["4"]
    assert found(source(database_url, kind="phone", indexed=["held"]), phone="+4930123456") == []
    [problem] = said(tidy)
    assert "of 5 values of held looked at 1 would never be found." in problem


# --- what a column cannot hold --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["INTEGER", "SMALLINT", "BIGINT", "NUMERIC(9, 2)", "DATE"])
@pytest.mark.parametrize(
    "value", ["4012888888881881401288", "9999999999", "99999", "seven", "-1", "2026-02-31"]
)
def test_what_a_column_cannot_hold_is_nobodys_there(
    database_url: str, kind: str, value: str
) -> None:
    made(database_url, kind)
    assert found(source(database_url), email="ann@example.com", number=value) == ["99"]


def test_the_largest_number_is_found_and_its_neighbour_is_not(database_url: str) -> None:
    made(database_url, "BIGINT", str(2**63 - 1))
    assert found(source(database_url), number=str(2**63 - 1)) == ["1"]
    assert found(source(database_url), number=str(2**63)) == []


def test_a_text_in_a_column_of_numbers_is_found_in_sqlite(tmp_path: Any) -> None:
    """There a column may hold any value, whatever its type says."""
    url = f"sqlite:///{tmp_path / 't.sqlite'}"
    made(url, "INTEGER", "'C-7'", "7")
    assert found(source(url), number="C-7") == ["1"]
    assert found(source(url), number="7") == ["2"]
    assert said(source(url)) == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("encoding", "value", "keys"),
    [("LATIN1", "Zoë", ["1"]), ("LATIN1", "Зоя", []), ("WIN1252", "Zoë", ["1"])],
)
def test_a_text_the_database_has_no_signs_for_is_nobodys(
    postgres_server: PostgresServer, encoding: str, value: str, keys: list[str]
) -> None:
    with postgres_server.database(encoding=encoding) as url:
        made(url, "VARCHAR(99)", "'Zoë '")
        assert found(source(url), number=value) == keys
        assert "99" in found(source(url), email="ann@example.com", number=value)


def test_a_text_a_column_has_no_signs_for_is_nobodys_in_mariadb(mariadb_url: str) -> None:
    made(mariadb_url, "VARCHAR(99) CHARACTER SET latin1", "'Zoë '")
    assert found(source(mariadb_url), number="Zoë") == ["1"]
    assert found(source(mariadb_url), number="Зоя") == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("kind", "stored", "wanted"),
    [
        ("JSON", """'"C-7"'""", None),
        ("TEXT[]", "'{C-7}'", None),
        ("INET", "'192.0.2.1'", "192.0.2.1"),
        ("CHAR(9)", "'C-7'", "C-7"),
        ("mood", "'C-7'", "C-7"),
        ("NUMERIC", "7", "7"),
    ],
)
def test_a_column_without_an_equality_is_refused_by_name_and_named_by_check(
    postgres_url: str, kind: str, stored: str, wanted: str | None
) -> None:
    run(postgres_url, "CREATE TYPE mood AS ENUM ('C-7', 'C-8')")
    made(postgres_url, kind, stored)
    if wanted is not None:
        assert found(source(postgres_url), number=wanted) == ["1"]
        assert found(source(postgres_url), number="C-9") == []
        assert said(source(postgres_url)) == []
        return
    with pytest.raises(NeedsHuman, match=r"Column t\.held \(.*\) cannot be compared"):
        found(source(postgres_url), number="C-7")
    [problem] = said(source(postgres_url))
    assert problem.startswith("tables.t.identify.number: held (")


# --- telephone numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stored",
    ["+49 (0)30 / 123-456", "0049 30 123456", "030-123456", "030\u2011123456", " (030) 12.34.56"],
)
def test_a_number_in_national_form_is_found_where_the_region_is_said(
    database_url: str, stored: str
) -> None:
    made(database_url, "VARCHAR(99)", f"'{stored}'", "'+43 30 123456'", "'30123456'")
    german = source(database_url, kind="phone", region="DE")
    assert found(german, phone="+4930123456") == ["1"]


def test_a_column_may_be_of_another_country_than_the_table(database_url: str) -> None:
    made(database_url, "VARCHAR(99)", "'030 123456'")
    declared = {"region": "AT", "regions": {"held": "DE"}}
    german = source(database_url, kind="phone", **declared)
    assert found(german, phone="+4930123456") == ["1"]
    austrian = source(database_url, kind="phone", region="AT")
    assert found(austrian, phone="+4930123456") == []


def test_a_country_nobody_knows_is_refused_by_its_setting(database_url: str) -> None:
    with pytest.raises(BadInput, match=r"tables\.t\.region: is no country"):
        source(database_url, region="XX")


def test_a_further_identifier_is_given_in_its_normal_form(database_url: str) -> None:
    made(database_url, "VARCHAR(99)")
    run(database_url, "UPDATE t SET held = ' 030 123456 ' WHERE id = 99")
    asked = source(database_url, kind="other", region="DE", gives={"phone": "held"})
    pages = list(asked.find(Subject.of([("email", "ann@example.com")])))
    asked.close()
    assert [pair for page in pages for pair in page.identifiers] == [("phone", "+4930123456")]


# --- references -----------------------------------------------------------------------------------


def test_a_number_refers_to_no_text_that_only_begins_with_it(database_url: str) -> None:
    made(database_url, "VARCHAR(99)", "'12'", "'12 Main St'")
    run(
        database_url,
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, about VARCHAR(99))",
        "INSERT INTO notes VALUES (1, '99'), (2, '99 bottles'), (3, '099')",
    )
    tables = {
        "t": {"key": "id", "identify": {"email": "email"}},
        "notes": {"key": "id", "from": {"about": "t.id"}},
    }
    led = Sql(settings_from(Sql, {"url": database_url, "tables": tables}, at="x"))
    assert found(led, email="ann@example.com") == ["99", "1"]


# --- what would never be found --------------------------------------------------------------------


def test_check_counts_what_would_never_be_found(database_url: str) -> None:
    made(database_url, "VARCHAR(99)", "'030 123456'", "'+49 30 123456'", "''", "'ask Bob'")
    [problem] = said(source(database_url, kind="phone"))
    assert "of 3 values of held looked at 2 would never be found. Set region" in problem
    [problem] = said(source(database_url, kind="phone", region="DE"))
    assert "of 3 values of held looked at 1 would never be found. Mend the data" in problem


def test_check_fails_only_where_nobody_would_be_found(database_url: str) -> None:
    made(database_url, "VARCHAR(99)", "'n/a'")
    run(database_url, "UPDATE t SET email = NULL WHERE id = 99")
    checked = source(database_url, kind="phone")
    problems = {one.field: one for one in checked.check() if ".identify." in one.field}
    checked.close()
    assert problems["tables.t.identify.email"].warning
    assert "email holds nothing in any row" in str(problems["tables.t.identify.email"])
    assert not problems["tables.t.identify.phone"].warning
