"""What the database says is what the person reads, and each key finds its row again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dsar.adapters.sql
from dsar.adapters.sql import Sql
from dsar.sdk import Batch, Done, Item, Record, Subject
from dsar.sdk.registry import settings_from
from tests.adapters.shop import counted, run
from tests.adapters.sql_types import DEFINITIONS, KINDS, MARIADB, POSTGRES, SQLITE, Kind, page
from tests.mariadb import MariadbServer
from tests.servers import PostgresServer

ANN = Subject.of([("email", "ann@example.com")])


@pytest.fixture(scope="module")
def urls(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
    mariadb_server: MariadbServer,
) -> Iterator[dict[str, str]]:
    file = tmp_path_factory.mktemp("types") / "types.sqlite"
    with postgres_server.database() as postgres, mariadb_server.database() as mariadb:
        run(postgres, *DEFINITIONS)
        yield {SQLITE: f"sqlite:///{file}", POSTGRES: postgres, MARIADB: mariadb}


@pytest.fixture
def url(urls: dict[str, str], kind: Kind) -> Iterator[str]:
    """A database in which table `t` may be made."""
    yield urls[kind.database]
    run(urls[kind.database], "DROP TABLE IF EXISTS t")


def quiet(url: str, *statements: str) -> None:
    """Statements as an application of old would send them: zero dates are nothing strange to it."""
    first = ["SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'"] if url.startswith("mysql") else []
    run(url, *first, *(one.replace("%", "%%") for one in statements))


def source(url: str, *, page: int = 1000, **table: Any) -> Sql:
    declared = {"identify": {"email": "email"}, "unique": False, **table}
    return Sql(settings_from(Sql, {"url": url, "page": page, "tables": {"t": declared}}, at="x"))


def found(made: Sql, mark: str | None = None) -> list[Record]:
    return [record for page in made.find(ANN, mark) for record in page.records]


def done(made: Sql, verb: str, *items: Item) -> list[Done]:
    return [receipt.done for receipt in getattr(made, verb)(Batch("t", items, "k"))]


@pytest.mark.postgres
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_value_is_read_erased_and_corrected_as_the_database_has_it(kind: Kind, url: str) -> None:
    quiet(
        url,
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, email VARCHAR(99), v {kind.type})",
        f"INSERT INTO t (id, email, v) VALUES (1, 'ann@example.com', {kind.stored})",
    )
    made = source(url)
    try:
        assert shown(found(made)) == exactly(kind.read)
        assert done(made, "rectify", Item("1", changes={"v": kind.corrected})) == [Done.RECTIFIED]
        assert shown(found(made)) == exactly(kind.corrected)
        assert done(made, "erase", Item("1", fields=("v",))) == [Done.ANONYMISED]
        assert counted(url, "SELECT count(*) FROM t WHERE v IS NULL") == 1
    finally:
        made.close()


def shown(records: list[Record]) -> str:
    [record] = records
    return exactly(record.data["v"])


def exactly(value: Any) -> str:
    """A value as JSON, which tells 1 from 1.0 and from true."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.postgres
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.keys], ids=str)
@pytest.mark.parametrize("several", [False, True], ids=["alone", "with another column"])
def test_every_row_is_found_again_by_its_key(kind: Kind, url: str, several: bool) -> None:
    """At each page's border, by a probe and by an erasure; a row nobody named stays."""
    key = ["k", "n"] if several else ["k"]
    quiet(
        url,
        f"CREATE TABLE t (k {kind.type}, n INTEGER, email VARCHAR(99), PRIMARY KEY (k, n))",
        *(
            f"INSERT INTO t (k, n, email) VALUES ({stored}, 1, 'ann@example.com')"
            for stored, _ in kind.keys
        ),
    )
    made = source(url, page=1, key=key)
    wanted = {called(value, several=several) for _, value in kind.keys}
    try:
        pages = list(made.find(ANN))
        assert {page.records[0].key for page in pages} == wanted
        for place, page in enumerate(pages[:-1]):
            rest = [one.key for later in pages[place + 1 :] for one in later.records]
            assert [record.key for record in found(made, page.checkpoint)] == rest
        *named, spared = [Item(page.records[0].key) for page in pages]
        assert set(done(made, "probe", *named, spared)) == {Done.KEPT}
        assert set(done(made, "erase", *named)) == {Done.ERASED}
        assert done(made, "probe", *named, spared) == [*[Done.MISSING] * len(named), Done.KEPT]
        assert [record.key for record in found(made)] == [spared.key]
    finally:
        made.close()


def called(value: Any, *, several: bool) -> str:
    """The record's key where the row's is this value, and where it has a second column."""
    if several:
        return json.dumps([value, 1], ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_the_table_in_the_documents_is_drawn_from_these_types() -> None:
    """`python -m tests.adapters.sql_types > dsar/adapters/sql/TYPES.md` draws it anew."""
    assert (Path(dsar.adapters.sql.__file__).parent / "TYPES.md").read_text() == page()
