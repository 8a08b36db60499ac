"""What a search in a database finds, and how surely; on SQLite and on PostgreSQL."""

import math
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from dsar.adapters.sql import Sql
from dsar.sdk import Match, NeedsHuman, Record, Subject
from tests.adapters.shop import PERSON, fill, run, shop


@pytest.fixture
def url(database_url: str) -> str:
    fill(database_url)
    return database_url


def found(source: Sql, *pairs: tuple[str, str]) -> list[Record]:
    subject = Subject.of(pairs) if pairs else PERSON
    try:
        return [record for page in source.find(subject) for record in page.records]
    finally:
        source.close()


def keys(records: list[Record], collection: str) -> list[str]:
    return [record.key for record in records if record.collection == collection]


def changed(url: str, table: str, **settings: object) -> Sql:
    source = shop(url)
    tables = source.settings.tables
    altered = replace(tables[table], **settings)  # type: ignore[arg-type]
    return Sql(replace(source.settings, tables={**tables, table: altered}))


def test_a_row_found_by_two_identifiers_is_given_once(url: str) -> None:
    records = found(shop(url), ("email", "ann.lee@example.com"), ("customer_number", "C-1"))
    assert keys(records, "customers") == ["1"]
    assert len(records) == len({(r.collection, r.key) for r in records})


def test_two_accounts_of_one_person_are_told_apart_by_their_subject(url: str) -> None:
    records = found(shop(url), ("customer_number", "C-1"), ("customer_number", "C-2"))
    assert keys(records, "customers") == ["1", "2"]
    orders = {r.key: r.subject for r in records if r.collection == "orders"}
    assert orders == {"100": "1", "101": "1", "102": "1", "200": "2"}


def test_an_identifier_of_two_people_stops_and_names_neither(url: str) -> None:
    run(url, "UPDATE customers SET email = 'ANN.lee@example.com' WHERE id = 3")
    with pytest.raises(NeedsHuman, match="more than one person in customers") as stopped:
        found(shop(url))
    assert "ann" not in str(stopped.value).lower()
    assert stopped.value.because.code == "shared_identifier"


def test_a_shared_identifier_makes_weak_matches_of_all_its_rows(url: str) -> None:
    run(url, "UPDATE customers SET email = 'ann.lee@example.com' WHERE id = 2")
    records = found(changed(url, "customers", shared=True))
    assert keys(records, "customers") == ["1", "2"]
    weak = [r for r in records if r.collection in {"customers", "orders", "order_lines"}]
    assert {(r.match, r.subject) for r in weak} == {(Match.NAME_ONLY, None)}


def test_a_second_identifier_resolves_a_shared_one(url: str) -> None:
    run(url, "UPDATE customers SET email = 'ann.lee@example.com' WHERE id = 2")
    pairs = (("email", "ann.lee@example.com"), ("customer_number", "C-1"))
    records = found(changed(url, "customers", shared=True), *pairs)
    sure = {r.key: r.match for r in records if r.collection == "customers"}
    assert sure == {"1": Match.VERIFIED_IDENTIFIER, "2": Match.NAME_ONLY}


def test_rows_of_a_namesake_are_weak_and_lead_no_further(url: str) -> None:
    source = changed(url, "customers", name_match="full_name")
    records = found(source, ("email", "ann.lee@example.com"), ("name", "Ann Lee"))
    sure = {r.key: r.match for r in records if r.collection == "customers"}
    assert sure == {"1": Match.VERIFIED_IDENTIFIER, "2": Match.NAME_ONLY}
    assert "200" not in keys(records, "orders")


def test_a_row_that_refers_to_the_person_twice_is_given_once(url: str) -> None:
    run(url, "ALTER TABLE orders ADD COLUMN payer INTEGER", "UPDATE orders SET payer = 1")
    source = shop(url)
    orders = source.settings.tables["orders"]
    both = replace(orders, from_={**orders.from_, "payer": ("customers.id",)})
    records = found(
        Sql(replace(source.settings, tables={**source.settings.tables, "orders": both}))
    )
    assert keys(records, "orders") == ["100", "101", "102", "200", "1100"]


def test_a_column_nobody_declared_is_handed_on_not_dropped(url: str) -> None:
    run(
        url,
        "ALTER TABLE customers ADD COLUMN shoe_size INTEGER",
        "UPDATE customers SET shoe_size = 39",
    )
    assert found(shop(url))[0].data["shoe_size"] == 39


def test_the_customer_number_found_is_offered_to_other_sources(url: str) -> None:
    source = shop(url)
    assert source.gives == ("customer_number",)
    assert {pair for page in source.find(PERSON) for pair in page.identifiers} == {
        ("customer_number", "C-1")
    }
    source.close()


@pytest.mark.parametrize(
    "stored",
    ["zoé@example.com", "ZOÉ@EXAMPLE.COM", "Zoe\u0301@example.com", "ZOE\u0301@example.com"],
)
def test_an_address_is_found_in_every_case_and_unicode_form(url: str, stored: str) -> None:
    run(url, f"UPDATE customers SET email = '{stored}' WHERE id = 3")
    assert keys(found(shop(url), ("email", "zoé@example.com")), "customers") == ["3"]


@pytest.mark.parametrize("stored", ["zoe@example.com", "z0é@example.com", "zoé @example.com"])
def test_an_address_that_only_resembles_it_is_not_found(url: str, stored: str) -> None:
    run(url, f"UPDATE customers SET email = '{stored}' WHERE id = 3")
    assert found(shop(url), ("email", "zoé@example.com")) == []


def test_a_customer_number_is_compared_letter_by_letter(url: str) -> None:
    assert found(shop(url), ("customer_number", "c-1")) == []


def test_telephone_numbers_are_compared_without_their_separators(url: str) -> None:
    run(url, "UPDATE customers SET full_name = '+49 (30) 123-456' WHERE id = 3")
    source = changed(url, "customers", identify={"phone": ("full_name",)})
    assert keys(found(source, ("phone", "+4930123456")), "customers") == ["3"]


def test_a_number_column_is_found_by_its_exact_number(url: str) -> None:
    source = changed(url, "customers", identify={"customer_number": ("id",)})
    for value, wanted in {"11": ["11"], "011": [], "11.0": [], "١١": [], "1e1": []}.items():
        assert keys(found(source, ("customer_number", value)), "customers") == wanted


def test_foreign_keys_order_tables_even_where_no_reference_is_declared(url: str) -> None:
    source = changed(url, "orders", from_={}, identify={"email": ("note",)}, unique=False)
    tables = dict(reversed(source.settings.tables.items()))
    turned = Sql(replace(source.settings, tables=tables))
    names = [one.name for one in turned.collections()]
    turned.close()
    assert names.index("customers") < names.index("orders") < names.index("order_lines")


def test_values_leave_as_json(postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE TABLE oddities (id UUID PRIMARY KEY, email TEXT, amount NUMERIC(8, 2), ratio FLOAT8, "
        "day DATE, at TIMESTAMPTZ, raw BYTEA, flag BOOLEAN, doc JSONB, many INT[], net INET, "
        "span INTERVAL, big JSONB)",
        "INSERT INTO oddities VALUES ('0b4bd7cc-8d9e-4a5a-9d65-3f6d6a6d2b1a', 'a@x.de', 1.5, 'NaN', "
        "'2026-01-02', '2026-01-02 03:04:05+00', '\\x00ff', true, "
        """'{"a": [1, null]}', '{1,2}', '10.0.0.1', '1 day', '123456789012345678901234567890')""",
    )
    declared = {"oddities": {"key": "id", "identify": {"email": "email"}}}
    [record] = found(shop(postgres_url, tables=declared), ("email", "a@x.de"))
    assert record.key == "0b4bd7cc-8d9e-4a5a-9d65-3f6d6a6d2b1a"
    data = dict(record.data)
    assert math.isnan(float(data.pop("ratio")))
    assert str(data.pop("at")).startswith("2026-01-02T")
    assert data == {
        "id": record.key,
        "email": "a@x.de",
        "amount": "1.50",
        "day": "2026-01-02",
        "raw": "AP8=",
        "flag": True,
        "doc": {"a": [1, None]},
        "many": [1, 2],
        "net": "10.0.0.1",
        "span": "1 day",
        "big": "123456789012345678901234567890",
    }


def test_sqlite_gives_what_other_databases_give(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('odd') / 'odd.sqlite'}"
    run(
        url,
        "CREATE TABLE oddities (id TEXT PRIMARY KEY, email TEXT, amount NUMERIC(8, 2), day DATE, "
        "at TIMESTAMP, raw BLOB, flag BOOLEAN, doc JSON, wrong INTEGER, late TIMESTAMP)",
        "INSERT INTO oddities VALUES ('k', 'a@x.de', 1.5, '2026-01-02', '2026-01-02 03:04:05', "
        """x'00ff', 1, '{"a": [1, null]}', 'not a number', 'next week')""",
    )
    declared = {"oddities": {"key": "id", "identify": {"email": "email"}}}
    [record] = found(shop(url, tables=declared), ("email", "a@x.de"))
    assert dict(record.data) == {
        "id": "k",
        "email": "a@x.de",
        "amount": "1.50",
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05",
        "raw": "AP8=",
        "flag": True,
        "doc": {"a": [1, None]},
        "wrong": "not a number",
        "late": "next week",
    }


@pytest.fixture
def crowded(url: str) -> Iterator[str]:
    """The shop after the person placed 30,000 orders."""
    engine = sa.create_engine(url)
    rows = [
        {"id": number, "customer": 1, "placed": "2026-01-02 03:04:05", "note": f"note {number}"}
        for number in range(10_000, 40_000)
    ]
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO orders VALUES (:id, :customer, :placed, :note)"), rows
        )
    engine.dispose()
    return url


@pytest.mark.slow
def test_many_rows_cost_the_memory_of_two_pages(crowded: str) -> None:
    source = shop(crowded)
    source = Sql(replace(source.settings, page=1000))
    count = 0
    tracemalloc.start()
    try:
        for page in source.find(PERSON):
            count += len(page.records)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        source.close()
    assert count == 30_000 + 15
    assert peak < 8 * 1024 * 1024


def test_adapters_of_the_same_settings_share_a_database_until_the_last_is_closed(url: str) -> None:
    first = shop(url)
    second = Sql(first.settings)
    pages = second.find(PERSON)
    next(pages)
    first.close()
    assert sum(len(page.records) for page in pages) == 14
    second.close()
    assert len(found(Sql(first.settings))) == 15
