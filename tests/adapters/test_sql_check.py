"""`check` names what stands between a declaration and the database, with the mend."""

from dataclasses import replace
from typing import Any

import pytest

from dsar.adapters.dictionary import Erase
from dsar.adapters.sql import Sql
from dsar.sdk import Batch, Item, NeedsHuman
from tests.adapters.shop import fill, run, shop


@pytest.fixture
def url(database_url: str) -> str:
    fill(database_url)
    return database_url


def said(url: str, **changed: Any) -> list[str]:
    source = shop(url, **changed)
    try:
        return [str(problem) for problem in source.check() if not problem.warning]
    finally:
        source.close()


def test_nothing_where_all_is_well(url: str) -> None:
    assert said(url) == []


def test_a_missing_table(url: str) -> None:
    run(url, "DROP TABLE subscriptions")
    [problem] = said(url)
    assert problem.startswith("tables.subscriptions: there is no table subscriptions.")


def test_a_missing_and_an_undeclared_column(url: str) -> None:
    run(url, "ALTER TABLE orders RENAME COLUMN note TO remark")
    missing, undeclared = said(url)
    assert missing.startswith("tables.orders.columns.note: orders has no such column.")
    assert undeclared.startswith("tables.orders.columns.remark: is in the table and not declared.")


def test_a_key_that_does_not_tell_rows_apart(url: str) -> None:
    run(
        url,
        "CREATE TABLE logs (n INTEGER, m INTEGER, email VARCHAR(99))",
        "INSERT INTO logs VALUES (1, 1, 'a@x.de'), (1, 2, 'b@x.de')",
    )
    columns = {"n": "n", "m": "m", "email": "e"}
    logs = {"identify": {"email": "email"}, "columns": columns}
    [problem] = said(url, tables={"logs": {**logs, "key": "n"}})
    assert problem.startswith("tables.logs.key: does not tell rows apart.")
    assert said(url, tables={"logs": {**logs, "key": ["n", "m"]}}) == []
    run(url, "INSERT INTO logs VALUES (1, NULL, 'a@x.de')")
    [problem] = said(url, tables={"logs": {**logs, "key": ["n", "m"]}})
    assert "does not tell rows apart" in problem


def test_a_circle_an_unknown_parent_and_an_unreachable_table(url: str) -> None:
    columns = {"id": "n", "customer_id": "c", "placed": "p", "note": "x"}
    orders = {"key": "id", "columns": columns}
    for reference, expected in (
        ({"id": "orders.customer_id"}, "the references of orders go round in a circle."),
        ({"customer_id": "people.id"}, "tables.orders.from.customer_id: refers to no declared"),
        ({"customer_id": "people"}, "tables.orders.from.customer_id: refers to no declared"),
        ({}, "tables.orders: cannot be reached from any identifier."),
    ):
        problems = said(url, tables={"orders": {**orders, "from": reference}})
        assert any(expected in problem for problem in problems), (reference, problems)


def test_masking_a_column_that_cannot_be_empty(url: str) -> None:
    columns = {"id": "n", "customer_id": "c", "placed": "p", "note": "x"}
    orders = {"key": "id", "columns": columns, "identify": {"number": "note"}, "erase": "mask"}
    problems = said(url, tables={"orders": orders})
    assert [problem.partition(":")[0] for problem in problems] == [
        "tables.orders.columns.customer_id.mask",
        "tables.orders.columns.placed.mask",
    ]


def test_a_hash_without_its_key(url: str) -> None:
    [problem] = said(url, mask_key="")
    assert problem.startswith("mask_key: is missing")


def test_deleting_what_takes_undeclared_rows_along(url: str) -> None:
    run(
        url,
        "CREATE TABLE invoices (id INTEGER PRIMARY KEY, "
        "customer_id INTEGER REFERENCES customers (id) ON DELETE CASCADE)",
    )
    [problem] = said(url)
    assert "deleting also deletes from invoices, which is not declared." in problem


def people(mask: object, **more: Any) -> dict[str, Any]:
    columns = {"id": "n", "email": {"label": "e", "mask": mask}, "born": "b", "code": "c"}
    columns |= more.pop("columns", {})
    declared = {"identify": {"email": "email"}, "erase": "mask", "columns": columns, **more}
    return {"people": declared}


PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(9), born DATE, code INTEGER UNIQUE)"
)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"email": {"label": "e", "mask": "gone@example.com"}}, "email.mask: is longer than"),
        ({"born": {"label": "b", "mask": "gone"}}, "born.mask: does not fit the column."),
        ({"born": {"label": "b", "mask": "hash"}}, "born.mask: hash does not fit the column."),
        ({"code": {"label": "c", "mask": "x-{key}"}}, "code.mask: does not fit the column."),
        ({"code": {"label": "c", "mask": 0}}, "code.mask: is the same for everybody"),
        ({"code": {"label": "c", "mask": "year"}}, "code.mask: year does not fit"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mask_the_database_would_refuse(url: str, columns: dict[str, Any], expected: str) -> None:
    run(url, PEOPLE)
    assert said(url, tables=people("x")) == []
    [problem] = said(url, tables=people("x", columns=columns))
    assert f"tables.people.columns.{expected}" in problem


def test_a_mask_that_is_none_of_a_columns_words(url: str) -> None:
    kind = "VARCHAR(9) CHECK (mood IN ('sad', 'glad'))"
    if url.startswith("postgres"):
        run(url, "CREATE TYPE mood AS ENUM ('sad', 'glad')")
        kind = "mood"
    elif url.startswith("mysql"):
        kind = "ENUM('sad', 'glad')"
    run(url, PEOPLE.replace("code INTEGER UNIQUE", f"mood {kind}"))
    for mask, faults in (("glad", 0), ("angry", 1)):
        told = people("x", columns={"mood": {"label": "m", "mask": mask}})
        del told["people"]["columns"]["code"]
        found = said(url, tables=told)
        assert len(found) == (0 if url.startswith("sqlite") else faults)
        assert all("is no value of the column's type" in problem for problem in found)


def test_a_view_that_takes_no_changes_and_a_trigger_that_may(url: str) -> None:
    run(
        url,
        PEOPLE,
        "CREATE VIEW totals AS SELECT email, count(*) AS number FROM people GROUP BY email",
    )
    totals = {"key": "email", "identify": {"email": "email"}, "columns": {"email": "e"}}
    totals["columns"]["number"] = "n"
    [problem] = said(url, tables={"totals": totals})
    assert problem.startswith("tables.totals: totals is a view whose rows cannot be changed.")
    run(url, "INSERT INTO people (id, email) VALUES (1, 'a@x.de')")
    source = shop(url, tables={"totals": totals})
    with pytest.raises(NeedsHuman, match="totals is a view whose rows cannot be changed"):
        source.erase(Batch("totals", [Item("a@x.de")], "k"))
    source.close()
    kept = {"email": {"label": "e", "mask": "keep"}, "number": {"label": "n", "mask": "keep"}}
    assert said(url, tables={"totals": {**totals, "columns": kept, "erase": "mask"}}) == []
    action = {
        "sqlite": "BEGIN SELECT 1; END",
        "mysql": "FOR EACH ROW SET @n = 1",
        "postgresql": "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    }[url.partition(":")[0].partition("+")[0]]
    run(url, f"CREATE TRIGGER noted BEFORE UPDATE ON people {action}")
    source = shop(url, tables=people("x"))
    [note] = source.check()
    source.close()
    assert note.warning
    assert "has triggers (noted)" in note.problem


def test_a_table_nobody_declared_that_refers_to_declared_ones(url: str) -> None:
    run(
        url,
        "CREATE TABLE reviews (id INTEGER PRIMARY KEY, customer_id INTEGER, "
        "FOREIGN KEY (customer_id) REFERENCES customers (id))",
    )
    [problem] = said(url)
    assert "rows of reviews, which is not declared, keep its rows from being" in problem
    source = shop(url)
    tables = {
        **source.settings.tables,
        "customers": replace(source.settings.tables["customers"], erase=Erase.MASK),
    }
    masking = Sql(replace(source.settings, tables=tables))
    [note] = masking.check()
    masking.close()
    source.close()
    assert note.warning
    assert "rows of reviews, which is not declared, refer to its rows." in note.problem


def test_a_table_of_another_schema_is_declared_with_it(postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.people (id INTEGER PRIMARY KEY, email TEXT)",
        "INSERT INTO crm.people VALUES (1, 'a@x.de')",
    )
    people = {"table": "crm.people", "key": "id", "identify": {"email": "email"}}
    named = {"people": {**people, "columns": {"id": "n", "email": "e"}}}
    assert said(postgres_url, tables=named) == []
    [problem] = said(postgres_url, tables={"people": {**named["people"], "table": "people"}})
    assert "there is no table people" in problem
