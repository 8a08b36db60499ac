"""`check` names what stands between a declaration and the database, with the mend."""

from typing import Any

import pytest

from tests.adapters.shop import fill, run, shop


@pytest.fixture
def url(database_url: str) -> str:
    fill(database_url)
    return database_url


def said(url: str, **changed: Any) -> list[str]:
    source = shop(url, **changed)
    try:
        return [str(problem) for problem in source.check()]
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
        "INSERT INTO logs VALUES (1, 1, 'a'), (1, 2, 'b')",
    )
    columns = {"n": "n", "m": "m", "email": "e"}
    logs = {"identify": {"email": "email"}, "columns": columns}
    [problem] = said(url, tables={"logs": {**logs, "key": "n"}})
    assert problem.startswith("tables.logs.key: does not tell rows apart.")
    assert said(url, tables={"logs": {**logs, "key": ["n", "m"]}}) == []
    run(url, "INSERT INTO logs VALUES (1, NULL, 'a')")
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
    orders = {"key": "id", "columns": columns, "identify": {"email": "note"}, "erase": "mask"}
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
