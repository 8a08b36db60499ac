"""Migrations: the tables they make are the ones the code writes to, and a wrong schema is named."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel, select

from dsar.domain.coverage import kept_row
from dsar.domain.errors import BadInput
from dsar.domain.reasons import HOLD_IN_FORCE, Reason, told
from dsar.store import migrate, tables, upkeep_tables
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


HELD = "A legal hold is in force; lift it and try again, or go on with a named gap."
KEPT = {"collection": "customers", "count": 1, "ground": "legal_claims", "until": None}
BEFORE = "Needed for legal claims; a legal hold is in force."


def to(store: Store, revision: str) -> None:
    config = migrate._config(store)
    (command.upgrade if revision == migrate.head() else command.downgrade)(config, revision)


def row(store: Store, table: str, name: str, **where: str) -> Any:
    """A column of one row of a table as it lies there."""
    held = sa.Table(table, sa.MetaData(), autoload_with=store.engine)
    which = [held.c[key] == value for key, value in where.items()]
    with store.engine.connect() as connection:
        return connection.execute(sa.select(held.c[name]).where(*which)).scalar_one()


def fill_before(store: Store) -> None:
    """Coverage and gates as the first release wrote them."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    person = {"id": "r", "ref": "R", "channel": "desk", "language": "en", "regime": "eu_gdpr",
              "received_at": at, "created_at": at}  # fmt: skip
    ticket = {"id": "t", "ref": "R-1", "request_id": "r", "right": "erasure", "state": "acting",
              "version": 1, "machine_version": 1, "regime": "eu_gdpr", "regime_version": "1",
              "due_at": at, "clock": {}, "clock_events": [], "doubts": [], "round": 1,
              "policy_version": "1", "created_at": at, "journal_seq": 0,
              "journal_head": ""}  # fmt: skip
    line = {"ticket_id": "t", "outcome": "open", "found": 1, "done": 0, "residue": 0}
    lines = [
        {"id": "1", "source": "a", "title": "A", "reason": HELD, "kept": []},
        {"id": "2", "source": "b", "title": "B", "reason": "The table is gone.",
         "kept": [KEPT | {"because": BEFORE}, KEPT | {"because": "Tax law."}]},
    ]  # fmt: skip
    gate = {"source": "a", "max_inflight": 2, "failures": 0, "reason": "Busy.", "interval": 0.0}
    with store.engine.begin() as connection:
        for name, rows in (("request", [person]), ("ticket", [ticket]), ("gate", [gate]),
                           ("coverage", [line | one for one in lines])):  # fmt: skip
            held = sa.Table(name, sa.MetaData(), autoload_with=connection)
            connection.execute(held.insert(), rows)


def test_sentences_of_the_first_release_are_read_and_a_hold_is_known_by_its_code(
    database_url: str,
) -> None:
    store = Store(database_url)
    command.upgrade(migrate._config(store), "0001")
    fill_before(store)
    to(store, migrate.head())
    with store.session() as session:
        first, second = session.exec(select(tables.CoverageLine).order_by("id")).all()
        gate = session.get_one(upkeep_tables.Gate, "a")
    assert first.reason == HOLD_IN_FORCE
    assert second.reason == told("The table is gone.")
    assert [one["because"] for one in second.kept] == [{"code": "on_hold"}, "Tax law."]
    assert gate.reason == told("Busy.")
    to(store, "0001")
    assert row(store, "coverage", "reason", id="1") == HELD
    assert [one["because"] for one in row(store, "coverage", "kept", id="2")] == [
        BEFORE,
        "Tax law.",
    ]
    store.close()


def test_the_way_back_leaves_sentences_that_the_older_code_can_show(database_url: str) -> None:
    store = Store(database_url)
    migrate.upgrade(store)
    fill_before(store)
    ruled = kept_row("customers", 2, "rights_of_others", Reason("ruled", {"ground": "tax_law"}))
    duty = Reason("retention", {"words": {"en": "Tax law.", "de": "Steuerrecht."}})
    doubt = Reason("weak_match", {"place": "a.b", "count": 2}).as_json()
    with store.session() as session:
        first, second = session.exec(select(tables.CoverageLine).order_by("id")).all()
        first.kept = [ruled, kept_row("customers", 1, "tax", duty)]
        second.reason = told("The table is gone: a_b.", "away")
        gate, ticket = session.get_one(upkeep_tables.Gate, "a"), session.get_one(tables.Ticket, "t")
        gate.reason = Reason("worker_died", {"count": 3})
        ticket.doubts = [doubt | {"place": "a.b", "blocks": True}]
        session.add_all([first, second, gate, ticket])
        session.commit()
    to(store, "0004")
    assert [one["because"] for one in row(store, "coverage", "kept", id="1")] == [
        "tax law",
        "Tax law.",
    ]
    assert row(store, "coverage", "reason", id="2") == "The table is gone: a_b."
    assert row(store, "gate", "reason", source="a") == "worker died"
    assert row(store, "ticket", "doubts", id="t") == [
        {"code": "weak_match", "place": "a.b", "blocks": True, "text": "a.b: 2 records, weak match"}
    ]
    store.close()


def test_what_was_not_asked_for_want_of_an_identifier_is_no_search(database_url: str) -> None:
    store = Store(database_url)
    command.upgrade(migrate._config(store), "0006")
    fill_before(store)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    reasons = {
        "c": '{"code":"no_identifier","params":{"kinds":["email"]}}',
        "d": "No email of this person is known.",
        "e": '{"code":"not_concerned"}',
    }
    line = {"ticket_id": "t", "outcome": "not_in_scope", "found": 0, "done": 0, "residue": 0}
    with store.engine.begin() as connection:
        held = sa.Table("coverage", sa.MetaData(), autoload_with=connection)
        more = {"kept": [], "searched_at": at}
        rows = [
            line | more | {"id": name, "source": name, "title": name, "reason": reason}
            for name, reason in reasons.items()
        ]
        connection.execute(held.insert(), rows)
    to(store, migrate.head())
    assert {name: row(store, "coverage", "outcome", id=name) for name in reasons} == {
        "c": "not_asked", "d": "not_asked", "e": "not_in_scope",
    }  # fmt: skip
    assert row(store, "coverage", "searched_at", id="c") is None
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE ticket SET state = 'nobody_found'"))
    to(store, "0006")
    assert row(store, "coverage", "outcome", id="c") == "not_in_scope"
    assert row(store, "ticket", "state", id="t") == "in_review"
    store.close()


def test_a_reason_may_be_longer_than_a_sentence(tables_url: str) -> None:
    store, reason = Store(tables_url), Reason("retention", {"words": {"en": "x" * 2000}})
    with store.session() as session:
        session.add(upkeep_tables.Gate(source="a", reason=reason))
        session.commit()
        assert session.get_one(upkeep_tables.Gate, "a", populate_existing=True).reason == reason
    store.close()
