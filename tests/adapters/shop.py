"""A small web shop in a database: two customers much alike, and rows meant to be mistaken."""

import tomllib
from typing import Any

import sqlalchemy as sa

from dsar.adapters.sql import Sql
from dsar.sdk import Subject
from dsar.sdk.contract import World
from dsar.sdk.registry import settings_from

TABLES = (
    """CREATE TABLE customers (
        id INTEGER PRIMARY KEY, number VARCHAR(20) NOT NULL UNIQUE, email VARCHAR(200) NOT NULL,
        full_name VARCHAR(200) NOT NULL, born DATE, balance NUMERIC(10, 2),
        restricted BOOLEAN NOT NULL DEFAULT FALSE, marketing BOOLEAN NOT NULL DEFAULT TRUE)""",
    """CREATE TABLE orders (
        id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
        placed TIMESTAMP NOT NULL, note VARCHAR(200))""",
    """CREATE TABLE order_lines (
        order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL,
        article VARCHAR(50) NOT NULL, price NUMERIC(10, 2) NOT NULL,
        PRIMARY KEY (order_id, line))""",
    """CREATE TABLE subscriptions (
        id VARCHAR(20) PRIMARY KEY, email VARCHAR(200), topic VARCHAR(50) NOT NULL)""",
)

CUSTOMERS = (
    (1, "C-1", "Ann.Lee@Example.com", "Ann Lee", "1980-02-29", "12.50"),
    (2, "C-2", "ann.lee+tag@example.com", "Ann Lee", "1990-01-01", "0.10"),
    (3, "C-3", "annxlee@example.com", "Anna Lee", None, None),
    (4, "C-4", "", "Nobody", None, None),
    (5, "C-5", "50%@example.com", "Percent", None, None),
    (11, "C-11", "ann.lee@example.co", "Ann Lea", None, None),
)
ORDERS = (
    (100, 1, "2026-01-02 03:04:05", "please ring"),
    (101, 1, "2026-02-02 03:04:05", None),
    (102, 1, "2026-03-02 03:04:05", None),
    (200, 2, "2026-01-02 03:04:05", "leave at the door"),
    (1100, 11, "2026-01-02 03:04:05", None),
)
LINES = tuple(
    (order, line, f"article {line}", "9.99") for order, *_ in ORDERS for line in (1, 2, 10)
)
SUBSCRIPTIONS = (
    ("s1", "ann.lee@example.com", "news"),
    ("s2", "ANN.LEE@EXAMPLE.COM", "offers"),
    ("s3", "ann.lee+tag@example.com", "news"),
    ("s4", None, "news"),
    ("s5", "", "news"),
)

SETTINGS = """
page = 3
mask_key = "a secret of the tests"
[tables.customers]
title = { en = "Customer account", de = "Kundenkonto" }
key = "id"
identify = { email = "email", customer_number = "number" }
erase = "delete"
restrict = { column = "restricted", value = true }
object_to = { column = "marketing", value = false, purposes = ["newsletter"] }
gives = { customer_number = "number" }
[tables.customers.columns]
id = "Number"
number = { label = "Customer number", mask = "erased-{key}" }
email = { label = "E-mail address", category = "contact", term = "email", mask = "erased-{key}@invalid" }
full_name = { label = "Name", mask = "erased" }
born = { label = "Date of birth", mask = "year" }
balance = "Balance"
restricted = "Restricted"
marketing = "Wants offers"
[tables.order_lines]
key = ["order_id", "line"]
from = { order_id = "orders.id" }
[tables.order_lines.columns]
order_id = "Order"
line = "Line"
article = "Article"
price = "Price"
[tables.orders]
key = "id"
from = { customer_id = "customers.id" }
[tables.orders.columns]
id = "Order number"
customer_id = "Customer"
placed = "Placed on"
note = { label = "Your note", about_others = true }
[tables.subscriptions]
key = "id"
identify = { email = "email" }
unique = false
erase = "mask"
[tables.subscriptions.columns]
id = "Number"
email = { label = "E-mail address", mask = "hash" }
topic = { label = "Topic", mask = "keep" }
"""

PERSON = Subject.of([("email", "ann.lee@example.com")])
WORLD = World(
    person=PERSON,
    keys={
        "customers": frozenset({"1"}),
        "orders": frozenset({"100", "101", "102"}),
        "order_lines": frozenset(f"[{o}, {n}]" for o in (100, 101, 102) for n in (1, 2, 10)),
        "subscriptions": frozenset({"s1", "s2"}),
    },
    neighbour=Subject.of([("email", "ann.lee+tag@example.com")]),
    correction=("customers", "full_name", "Ann O'Lee; DROP TABLE orders"),
)


def fill(url: str) -> None:
    """The shop's tables and rows in an empty database."""
    engine = sa.create_engine(url)
    rows: dict[str, tuple[str, tuple[Any, ...]]] = {
        "customers": ("id, number, email, full_name, born, balance", CUSTOMERS),
        "orders": ("id, customer_id, placed, note", ORDERS),
        "order_lines": ("order_id, line, article, price", LINES),
        "subscriptions": ("id, email, topic", SUBSCRIPTIONS),
    }
    with engine.begin() as connection:
        for statement in TABLES:
            connection.exec_driver_sql(statement)
        for table, (columns, values) in rows.items():
            names = columns.split(", ")
            places = ", ".join(f":{name}" for name in names)
            connection.execute(
                sa.text(f"INSERT INTO {table} ({columns}) VALUES ({places})"),
                [dict(zip(names, row, strict=True)) for row in values],
            )
    engine.dispose()


def shop(url: str, more: str = "", **changed: Any) -> Sql:
    """The adapter on that database, with further settings in TOML and changed ones by name."""
    given = {**tomllib.loads(SETTINGS + more), "url": url, **changed}
    return Sql(settings_from(Sql, given, at="sources.shop"))


def counted(url: str, statement: str) -> Any:
    """The first value of the first row of a statement."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql(statement).scalar()
    finally:
        engine.dispose()


def run(url: str, *statements: str) -> None:
    """Statements that change the shop, as its own application would."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
