"""A row that other people's rows depend on says so: to change it would change their data."""

from typing import Any

import pytest

from dsar.adapters.sql import Sql
from dsar.sdk import Subject
from dsar.sdk.registry import settings_from
from tests.adapters.shop import run

ANN = Subject.of([("email", "ann@example.com")])
HOUSE = (
    "CREATE TABLE address (id INTEGER PRIMARY KEY, street VARCHAR(99))",
    "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(99), home INTEGER{key})",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer INTEGER, sent_to INTEGER{key})",
    "INSERT INTO address VALUES (1, 'alone'), (2, 'together'), (3, 'sent'), (4, 'bob')",
    "INSERT INTO people VALUES (1, 'ann@example.com', 1), (2, 'bob@example.com', 4)",
    "INSERT INTO orders VALUES (10, 1, 3), (11, 1, 3), (20, 2, 4)",
)
PEOPLE = {"key": "id", "identify": {"email": "email"}}
ORDERS = {"key": "id", "from": {"buyer": "people.id"}}
ADDRESS = {"key": "id", "from": {"id": ["people.home", "orders.sent_to"]}}


def made(url: str, *more: str, key: bool) -> None:
    """MariaDB takes no reference in the line of a column for one; so it is written as it must be."""
    named = ", FOREIGN KEY ({}) REFERENCES address (id))"
    for statement in HOUSE:
        column = "home" if "people" in statement else "sent_to"
        plain = statement.format(key="")
        linked = plain[:-1] + named.format(column) if "{key}" in statement and key else plain
        run(url, linked)
    run(url, *more)


def shared(url: str, **tables: Any) -> dict[str, bool]:
    """Each record found of Ann and whether it is shared."""
    declared = {"people": PEOPLE, "orders": ORDERS, "address": ADDRESS, **tables}
    source = Sql(settings_from(Sql, {"url": url, "tables": declared}, at="x"))
    try:
        found = [record for page in source.find(ANN) for record in page.records]
        return {f"{record.collection} {record.key}": record.shared for record in found}
    finally:
        source.close()


OWN = {"people 1": False, "orders 10": False, "orders 11": False}


@pytest.mark.parametrize("key", [True, False], ids=["keys of the database", "declared"])
def test_an_address_is_shared_where_somebody_elses_row_leads_to_it_too(
    database_url: str, key: bool
) -> None:
    made(database_url, key=key)
    assert shared(database_url) == {**OWN, "address 1": False, "address 3": False}
    run(database_url, "UPDATE people SET home = 1 WHERE id = 2")
    assert shared(database_url) == {**OWN, "address 1": True, "address 3": False}
    run(database_url, "UPDATE orders SET sent_to = 3 WHERE id = 20")
    assert shared(database_url) == {**OWN, "address 1": True, "address 3": True}


def test_a_table_nobody_declared_counts_for_somebody_else(database_url: str) -> None:
    made(
        database_url,
        "CREATE TABLE shops (id INTEGER PRIMARY KEY, place INTEGER, "
        "FOREIGN KEY (place) REFERENCES address (id))",
        "INSERT INTO shops VALUES (1, 3)",
        key=True,
    )
    assert shared(database_url) == {**OWN, "address 1": False, "address 3": True}


@pytest.mark.parametrize(
    ("rule", "erase", "marked"),
    [
        ("", "delete", False),
        (" ON DELETE SET NULL", "delete", True),
        (" ON DELETE CASCADE", "delete", True),
        (" ON DELETE CASCADE", "mask", False),
    ],
)
def test_what_deleting_would_change_of_somebody_else_is_shared(
    database_url: str, rule: str, erase: str, marked: bool
) -> None:
    """Where the database refuses to delete, the receipt says so, and nobody's row is changed."""
    made(
        database_url,
        "CREATE TABLE payments (id INTEGER PRIMARY KEY, payer INTEGER, about INTEGER, "
        f"FOREIGN KEY (about) REFERENCES orders (id){rule})",
        "INSERT INTO payments VALUES (1, 1, 10), (2, 2, 11)",
        key=True,
    )
    payments = {"key": "id", "from": {"payer": "people.id"}}
    orders = {**ORDERS, "erase": erase}
    found = shared(database_url, payments=payments, orders=orders)
    assert (found["orders 10"], found["orders 11"]) == (False, marked)
