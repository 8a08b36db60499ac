"""One shop, loaded into SQLite, PostgreSQL and MariaDB, gives the same records three times."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dsar.sdk import Adapter, Batch, Item, Receipt, Record, Subject
from dsar.sdk.registry import adapter, settings_from
from tests.adapters.test_sql_chinook import CHINOOK, EMAIL, SOURCES

pytestmark = [
    pytest.mark.skipif(not CHINOOK.exists(), reason="the Chinook database is not here"),
    pytest.mark.postgres,
]


def load(url: str) -> None:
    """Every table of Chinook with its keys and rows, as the database of `url` writes their types."""
    origin, target = sa.create_engine(f"sqlite:///{CHINOOK}"), sa.create_engine(url)
    tables = sa.MetaData()
    tables.reflect(origin)
    with origin.connect() as reading, target.begin() as writing:
        for table in tables.tables.values():
            for column in table.columns:
                column.type = column.type.as_generic()
        tables.create_all(writing)
        for table in tables.sorted_tables:
            rows = reading.execute(sa.select(table)).mappings().all()
            writing.execute(sa.insert(table), [dict(row) for row in rows])
    origin.dispose()
    target.dispose()


@pytest.fixture
def three(tmp_path: Path, postgres_url: str, mariadb_url: str) -> Iterator[dict[str, Adapter]]:
    urls = {
        "SQLite": f"sqlite:///{tmp_path / 'chinook.sqlite'}",
        "PostgreSQL": postgres_url,
        "MariaDB": mariadb_url,
    }
    sql = adapter("sql")
    made = {}
    for name, url in urls.items():
        load(url)
        made[name] = sql(settings_from(sql, {**tomllib.loads(SOURCES), "url": url}, at="chinook"))
    yield made
    for source in made.values():
        source.close()


def found(source: Adapter, email: str) -> list[Record]:
    pages = source.find(Subject.of([("email", email)]))
    return [record for page in pages for record in page.records]


def emails() -> list[str]:
    engine = sa.create_engine(f"sqlite:///{CHINOOK}")
    with engine.connect() as connection:
        listed = list(connection.execute(sa.text("SELECT Email FROM Customer")).scalars())
    engine.dispose()
    return listed


def erased(source: Adapter) -> list[Receipt]:
    records = found(source, EMAIL)
    receipts: list[Receipt] = []
    for collection in reversed(source.collections()):
        items = [Item(record.key) for record in records if record.collection == collection.name]
        receipts += source.erase(Batch(collection.name, items, "k1"))
    return receipts


def test_each_database_gives_the_same_records_and_the_same_receipts(
    three: dict[str, Adapter],
) -> None:
    assert [source.check() for source in three.values()] == [[], [], []]
    for email in emails():
        first, *others = (found(source, email) for source in three.values())
        assert first
        for other in others:
            assert other == first
    first_receipts, *others_receipts = (erased(source) for source in three.values())
    assert len(first_receipts) > 10
    assert others_receipts == [first_receipts, first_receipts]
    assert [found(source, EMAIL) for source in three.values()] == [[], [], []]
