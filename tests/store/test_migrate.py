"""Migrations: the tables they make are the ones the code writes to, and a wrong schema is named."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from dsar.domain.errors import BadInput
from dsar.store import migrate, tables
from dsar.store.engine import Store


def test_the_migrations_make_exactly_the_tables_of_the_code(tables_url: str) -> None:
    assert tables.Ticket.__tablename__ in SQLModel.metadata.tables
    store = Store(tables_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []
    store.close()


def test_the_newest_numbered_file_is_the_head_of_the_chain() -> None:
    chain = ScriptDirectory(str(migrate._FOLDER))
    assert migrate.head() == chain.get_current_head()
    assert set(migrate.revisions()) == {script.revision for script in chain.walk_revisions()}


def test_an_empty_database_is_told_how_to_be_filled(database_url: str) -> None:
    store = Store(database_url)
    with pytest.raises(migrate.SchemaMismatch, match=r"empty.*dsar db upgrade"):
        migrate.check(store)
    assert migrate.upgrade(store) == migrate.head()
    migrate.check(store)
    store.close()


def test_a_newer_schema_than_the_code_is_refused(tables_url: str) -> None:
    store = Store(tables_url)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.SchemaMismatch, match="newer than this code"):
        migrate.check(store)
    store.close()


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    store = Store("postgresql://ana:secret@127.0.0.1:1/dsar")
    with pytest.raises(BadInput, match="database_url") as refused:
        migrate.check(store)
    assert "secret" not in str(refused.value)


def test_a_database_that_says_nothing_at_all_is_waited_for() -> None:
    store = Store("postgresql://dsar@127.0.0.1:1/dsar")
    away = migrate.unreachable(store, OperationalError("", {}, ConnectionError()))
    assert not away.refused
    assert "does not answer: ConnectionError" in str(away)
