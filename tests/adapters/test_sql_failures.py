"""What goes wrong with a database, by name: wait, or who must mend what; never a value of anybody."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsar.adapters.sql import Sql
from dsar.sdk import Batch, Item, Later, NeedsHuman
from tests.adapters.shop import PERSON, counted, fill, run, shop
from tests.servers import PostgresServer

EMAIL = "ann.lee@example.com"


@pytest.fixture
def url(database_url: str) -> str:
    fill(database_url)
    return database_url


@pytest.fixture
def source(url: str) -> Iterator[Sql]:
    adapter = shop(url)
    yield adapter
    adapter.close()


def find(source: Sql) -> int:
    return sum(len(page.records) for page in source.find(PERSON))


def erase(source: Sql, table: str = "order_lines", key: str = "[100, 1]") -> None:
    source.erase(Batch(table, [Item(key)], "k1"))


def test_a_table_that_vanished_is_named_whether_known_before_or_not(source: Sql, url: str) -> None:
    assert find(source) == 15
    run(url, "DROP TABLE order_lines")
    for verb in (find, erase, find, erase):
        with pytest.raises(NeedsHuman, match=r"order_lines.* is not in the database"):
            verb(source)


def test_a_column_that_vanished_is_named_whether_known_before_or_not(source: Sql, url: str) -> None:
    assert find(source) == 15
    run(url, "ALTER TABLE orders DROP COLUMN note")
    for verb in (find, find):
        with pytest.raises(NeedsHuman, match=r"Column .*note.* is not in the database"):
            verb(source)
    with pytest.raises(NeedsHuman, match="note"):
        erase(source, "orders", "200")


@pytest.mark.postgres
def test_a_user_who_may_only_read_is_named_by_what_is_missing(postgres_url: str) -> None:
    fill(postgres_url)
    run(
        postgres_url,
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    reader = sa.make_url(postgres_url).set(username="reader")
    source = shop(reader.render_as_string(hide_password=False))
    assert find(source) == 15
    with pytest.raises(NeedsHuman, match="refuses writing to order_lines"):
        erase(source)
    source.close()
    assert counted(postgres_url, "SELECT count(*) FROM order_lines") == 15
    run(postgres_url, "DROP OWNED BY reader", "DROP ROLE reader")


@pytest.mark.postgres
def test_a_standby_refuses_writing(postgres_url: str) -> None:
    fill(postgres_url)
    source = shop(f"{postgres_url}?options=-c%20default_transaction_read_only%3Don")
    assert find(source) == 15
    with pytest.raises(NeedsHuman, match="refuses writing to order_lines"):
        erase(source)
    source.close()


@pytest.mark.postgres
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its open cursor
def test_a_connection_that_breaks_in_the_middle_is_asked_again_later(postgres_url: str) -> None:
    fill(postgres_url)
    source = shop(postgres_url)
    pages = source.find(PERSON)
    first = next(pages)
    run(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    with pytest.raises(Later):
        list(pages)
    rest = list(source.find(PERSON, first.checkpoint))
    assert len(first.records) + sum(len(page.records) for page in rest) == 15
    source.close()


@pytest.mark.postgres
def test_a_database_or_user_that_does_not_exist_is_for_a_person_to_mend(postgres_url: str) -> None:
    url = sa.make_url(postgres_url)
    for wrong, reason in (
        (url.set(database="no_such_database"), "database named in the URL does not exist"),
        (url.set(username="no_such_user"), "credentials"),
    ):
        source = shop(wrong.render_as_string(hide_password=False))
        with pytest.raises(NeedsHuman, match=reason):
            find(source)
        source.close()


def test_a_server_that_does_not_answer_is_asked_again_later() -> None:
    source = shop("postgresql+psycopg://someone:hidden@127.0.0.1:1/none")
    with pytest.raises(Later) as failure:
        find(source)
    assert "hidden" not in str(failure.value)
    [problem] = source.check()
    assert problem.field == "url"
    assert "hidden" not in str(problem)


@pytest.mark.parametrize(
    "url", ["not a url", "nosuchdialect://x/y", "mysql+pymysql://x/y", "mariadb+nosuch://x/y"]
)
def test_a_url_nobody_understands_is_named_by_its_setting(url: str) -> None:
    [problem] = shop(url).check()
    assert problem.field == "url"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    fill(f"sqlite:///{path}")
    return path


def test_a_file_that_is_not_there_is_named_and_not_created(tmp_path: Path) -> None:
    source = shop(f"sqlite:///{tmp_path / 'gone.sqlite'}")
    with pytest.raises(NeedsHuman, match=r"gone\.sqlite is not there"):
        find(source)
    assert not (tmp_path / "gone.sqlite").exists()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_text("not a database at all, but long enough to be one" * 99)
    with pytest.raises(NeedsHuman, match="no sound SQLite database"):
        find(shop(f"sqlite:///{tmp_path / 'shop.sqlite'}"))


def test_a_read_only_file_refuses_writing(file: Path) -> None:
    source = shop(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert find(source) == 15
    with pytest.raises(NeedsHuman, match="refuses writing"):
        erase(source)
    source.close()


def test_a_file_somebody_else_is_writing_is_asked_again_later(file: Path) -> None:
    source = shop(f"sqlite:///{file}?timeout=0.05")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for verb in (find, erase):
        with pytest.raises(Later, match="busy"):
            verb(source)
    other.execute("ROLLBACK")
    other.close()
    assert find(source) == 15
    source.close()


def test_text_that_is_not_utf_8_is_named_without_it(file: Path) -> None:
    run(f"sqlite:///{file}", "UPDATE orders SET note = CAST(x'ff6869' AS TEXT)")
    source = shop(f"sqlite:///{file}")
    with pytest.raises(NeedsHuman, match="text in column note is not UTF-8") as failure:
        find(source)
    assert "hi" not in str(failure.value).split()
    source.close()


@pytest.mark.postgres
def test_a_database_without_an_encoding_is_read_in_the_one_its_url_names(
    postgres_server: PostgresServer,
) -> None:
    """SQL_ASCII: the server keeps whatever octets it was given, and says nothing of them."""
    with postgres_server.database(encoding="SQL_ASCII") as url:
        utf8, latin1 = (f"{url}?client_encoding={one}" for one in ("utf8", "latin1"))
        run(utf8, "CREATE TABLE u (id INTEGER PRIMARY KEY, email VARCHAR(99), name TEXT)")
        run(latin1, f"INSERT INTO u VALUES (1, '{EMAIL}', 'Zoë')")
        declared = {"u": {"identify": {"email": "email"}}}
        source = shop(url, tables=declared)
        with pytest.raises(NeedsHuman, match=r"A text in u\.name is not .*URL") as said:
            find(source)
        assert "Zo" not in str(said.value)
        source.close()
        told = shop(latin1, tables=declared)
        [page] = told.find(PERSON)
        assert page.records[0].data["name"] == "Zoë"
        told.close()
        run(utf8, "UPDATE u SET name = 'Zoë'")
        source = shop(url, tables=declared)
        [page] = source.find(PERSON)
        assert page.records[0].data["name"] == "Zoë"
        source.close()


@pytest.mark.postgres
def test_a_view_that_fails_is_named(postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE u (id INTEGER PRIMARY KEY, email VARCHAR(99), n INTEGER)",
        f"INSERT INTO u VALUES (1, '{EMAIL}', 0)",
        "CREATE VIEW v AS SELECT id, email, 1 / n AS share FROM u",
    )
    source = shop(postgres_url, tables={"v": {"key": "id", "identify": {"email": "email"}}})
    with pytest.raises(NeedsHuman, match="answered the statement to v with error 22012"):
        find(source)
    source.close()


def test_a_key_that_does_not_tell_rows_apart_stops_the_search(url: str) -> None:
    run(url, "CREATE TABLE logs (n INTEGER, email VARCHAR(200))")
    run(url, *(f"INSERT INTO logs VALUES (1, '{EMAIL}')" for _ in range(9)))
    declared = {"logs": {"key": "n", "identify": {"email": "email"}, "unique": False}}
    source = shop(url, tables=declared)
    with pytest.raises(NeedsHuman, match="key of logs does not tell its rows apart"):
        find(source)
    source.close()


def test_a_declaration_that_goes_round_in_a_circle_is_not_searched_by(url: str) -> None:
    tables = {
        "customers": {"key": "id", "identify": {"email": "email"}, "from": {"id": "orders.id"}},
        "orders": {"key": "id", "from": {"customer_id": "customers.id"}},
    }
    with pytest.raises(NeedsHuman, match="circle"):
        find(shop(url, tables=tables))
