"""The SQL adapter keeps the contract, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dsar.adapters.dictionary import Erase
from dsar.adapters.sql import Sql
from dsar.sdk import Adapter
from dsar.sdk.contract import AdapterContract, World
from tests.adapters.shop import WORLD, fill, shop


class TestSql(AdapterContract):
    @pytest.fixture
    def adapter(self, database_url: str) -> Iterator[Adapter]:
        fill(database_url)
        source = shop(database_url)
        yield source
        source.close()

    @pytest.fixture
    def world(self) -> World:
        return WORLD

    def unreachable(self) -> Adapter:
        return shop("postgresql+psycopg://nobody:secret@127.0.0.1:1/none")


class TestSqlMasking(TestSql):
    """The same shop where accounts are masked instead of deleted."""

    @pytest.fixture
    def adapter(self, database_url: str) -> Iterator[Adapter]:
        fill(database_url)
        source = shop(database_url)
        tables = {
            name: replace(table, erase=Erase.MASK) if name == "customers" else table
            for name, table in source.settings.tables.items()
        }
        masking = Sql(replace(source.settings, tables=tables))
        yield masking
        masking.close()

    def unreachable(self) -> Adapter:
        return shop("sqlite:////nowhere/shop.sqlite")
