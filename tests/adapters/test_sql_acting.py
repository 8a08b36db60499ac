"""What acting on rows does to them and says about them; on SQLite and on PostgreSQL."""

import hashlib
import hmac
import resource
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from dsar.adapters.dictionary import Column, Erase, RestrictionMark
from dsar.adapters.sql import Sql
from dsar.sdk import Batch, Done, Item, Receipt
from tests.adapters.shop import PERSON, counted, fill, run, shop


@pytest.fixture
def url(database_url: str) -> str:
    fill(database_url)
    return database_url


@pytest.fixture
def source(url: str) -> Iterator[Sql]:
    adapter = shop(url)
    yield adapter
    adapter.close()


@pytest.fixture
def masking(source: Sql) -> Iterator[Sql]:
    tables = source.settings.tables
    altered = replace(tables["customers"], erase=Erase.MASK)
    adapter = Sql(replace(source.settings, tables={**tables, "customers": altered}))
    yield adapter
    adapter.close()


def batch(collection: str, *items: Item | str) -> Batch:
    whole = [item if isinstance(item, Item) else Item(item) for item in items]
    return Batch(collection, whole, "k1", ("newsletter",))


def done(receipts: list[Receipt]) -> dict[str, Done]:
    return {receipt.key: receipt.done for receipt in receipts}


def test_receipts_come_in_the_order_of_the_batch(source: Sql) -> None:
    items = ["[102, 1]", "[100, 10]", "[999, 1]", "[100, 2]"]
    receipts = source.erase(batch("order_lines", *items))
    assert [receipt.key for receipt in receipts] == items
    assert [str(receipt.done) for receipt in receipts] == ["erased", "erased", "missing", "erased"]


def test_what_another_table_refers_to_stays_and_the_rest_of_the_batch_goes(
    source: Sql, url: str
) -> None:
    tables = source.settings.tables
    columns = {name: replace(one, mask=None) for name, one in tables["customers"].columns.items()}
    bare = replace(tables["customers"], columns=columns)
    adapter = Sql(replace(source.settings, tables={**tables, "customers": bare}))
    receipts = adapter.erase(batch("customers", "1", "3", "4", "5"))
    adapter.close()
    assert done(receipts) == {
        "1": Done.FAILED,
        "3": Done.ERASED,
        "4": Done.ERASED,
        "5": Done.ERASED,
    }
    assert "Rows of orders" in receipts[0].reason
    assert "still refer to this record" in receipts[0].reason
    assert counted(url, "SELECT count(*) FROM customers") == 3


def test_what_cannot_be_deleted_is_emptied_where_masks_are_declared(source: Sql, url: str) -> None:
    receipts = source.erase(batch("customers", "1", "3"))
    assert done(receipts) == {"1": Done.ANONYMISED, "3": Done.ERASED}
    assert [one.code for one in receipts] == ["still_referenced", ""]
    assert "Rows of orders still refer to this record" in receipts[0].reason
    assert counted(url, "SELECT email FROM customers WHERE id = 1") == "erased-1@invalid"
    assert counted(url, "SELECT count(*) FROM orders WHERE customer_id = 1") == 3


def test_each_mask_writes_what_it_says(masking: Sql, url: str) -> None:
    assert done(masking.erase(batch("customers", "1"))) == {"1": Done.ANONYMISED}
    columns = ("number", "email", "full_name", "balance", "CAST(born AS VARCHAR(10))")
    values = [counted(url, f"SELECT {name} FROM customers WHERE id = 1") for name in columns]
    assert values == ["erased-1", "erased-1@invalid", "erased", None, "1980-01-01"]
    assert done(masking.erase(batch("subscriptions", "s1"))) == {"s1": Done.ANONYMISED}
    key = b"a secret of the tests"
    hashed = hmac.new(key, b"ann.lee@example.com", hashlib.sha256).hexdigest()
    assert counted(url, "SELECT email FROM subscriptions WHERE id = 's1'") == hashed
    assert counted(url, "SELECT topic FROM subscriptions WHERE id = 's1'") == "news"
    assert counted(url, "SELECT email FROM customers WHERE id = 2") == "ann.lee+tag@example.com"


def test_a_hash_fits_its_column_and_nothing_stays_nothing(masking: Sql, url: str) -> None:
    customers = masking.settings.tables["customers"]
    columns = {**customers.columns, "number": replace(customers.columns["number"], mask="hash")}
    altered = replace(customers, columns=columns)
    tables = {**masking.settings.tables, "customers": altered}
    hashing = Sql(replace(masking.settings, tables=tables, mask_key="x" * 100))
    assert done(hashing.erase(batch("customers", "1"))) == {"1": Done.ANONYMISED}
    expected = hmac.new(b"x" * 100, b"C-1", hashlib.sha256).hexdigest()[:20]
    assert counted(url, "SELECT number FROM customers WHERE id = 1") == expected
    assert done(hashing.erase(batch("subscriptions", "s4"))) == {"s4": Done.ANONYMISED}
    assert counted(url, "SELECT email FROM subscriptions WHERE id = 's4'") is None
    hashing.close()


def test_named_fields_alone_are_erased_and_the_key_keeps_its_row_findable(
    source: Sql, url: str
) -> None:
    item = Item("1", fields=("id", "full_name", "balance"))
    assert done(source.erase(batch("customers", item))) == {"1": Done.ANONYMISED}
    assert counted(url, "SELECT full_name FROM customers WHERE id = 1") == "erased"
    assert counted(url, "SELECT balance FROM customers WHERE id = 1") is None
    assert counted(url, "SELECT number FROM customers WHERE id = 1") == "C-1"


def test_a_column_that_cannot_be_empty_fails_by_name_and_nothing_is_changed(
    source: Sql, url: str
) -> None:
    receipts = source.erase(batch("order_lines", Item("[100, 1]", fields=("price", "article"))))
    assert done(receipts) == {"[100, 1]": Done.FAILED}
    assert "order_lines.price cannot be empty" in receipts[0].reason
    assert counted(url, "SELECT count(*) FROM order_lines WHERE article = 'article 1'") == 5


def test_an_undeclared_column_is_erased_with_the_rest(masking: Sql, url: str) -> None:
    run(
        url,
        "ALTER TABLE customers ADD COLUMN nickname VARCHAR(9)",
        "UPDATE customers SET nickname = 'x'",
    )
    masking.erase(batch("customers", "1"))
    assert counted(url, "SELECT nickname FROM customers WHERE id = 1") is None


def test_a_text_that_can_be_no_key_is_not_called_missing(source: Sql) -> None:
    for key in ("one", "1.0", "[1]", "", " 1", "1; DROP TABLE customers"):
        assert done(source.erase(batch("customers", key))) == {key: Done.FAILED}
    for key in ("1", "[1]", '["1"]', "{}"):
        assert done(source.erase(batch("order_lines", key))) == {key: Done.FAILED}


def test_a_correction_takes_the_type_of_its_column(source: Sql, url: str) -> None:
    changes = {"balance": "99.95", "born": "2000-02-29", "restricted": True, "full_name": None}
    refused = source.rectify(batch("customers", Item("1", changes=changes)))
    assert done(refused) == {"1": Done.FAILED}
    assert "full_name cannot be empty" in refused[0].reason
    changes["full_name"] = "Ann O'Hara"
    assert done(source.rectify(batch("customers", Item("1", changes=changes)))) == {
        "1": Done.RECTIFIED
    }
    record = next(iter(source.find(PERSON))).records[0]
    assert {name: record.data[name] for name in changes} == changes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("born", "yesterday"),
        ("balance", "much"),
        ("restricted", "yes"),
        ("full_name", 7),
        ("id", 9),
    ],
)
def test_a_value_that_does_not_fit_fails_by_the_columns_name_without_the_value(
    source: Sql, field: str, value: object
) -> None:
    [receipt] = source.rectify(batch("customers", Item("1", changes={field: value})))
    assert receipt.done is Done.FAILED
    assert f"customers.{field}" in receipt.reason
    assert str(value) not in receipt.reason.replace("customers.id", "")


def test_a_value_that_must_be_unique_fails_for_one_record_alone(source: Sql, url: str) -> None:
    items = [Item("2", changes={"number": "C-1"}), Item("3", changes={"number": "C-33"})]
    receipts = source.rectify(batch("customers", *items))
    assert done(receipts) == {"2": Done.FAILED, "3": Done.RECTIFIED}
    assert "unique" in receipts[0].reason
    assert "C-1" not in receipts[0].reason
    assert counted(url, "SELECT number FROM customers WHERE id = 3") == "C-33"


def test_a_restriction_and_an_objection_set_the_declared_marks(source: Sql, url: str) -> None:
    assert done(source.restrict(batch("customers", "1", "77"))) == {
        "1": Done.RESTRICTED,
        "77": Done.MISSING,
    }
    assert done(source.object_to(batch("customers", "1"))) == {"1": Done.STOPPED}
    marks = "SELECT count(*) FROM customers WHERE restricted AND NOT marketing AND id = 1"
    assert counted(url, marks) == 1
    assert counted(url, "SELECT count(*) FROM customers WHERE restricted OR NOT marketing") == 1


def test_a_lifted_restriction_takes_the_mark_away_again(source: Sql, url: str) -> None:
    source.restrict(batch("customers", "1", "2"))
    assert done(source.lift(batch("customers", "1", "77"))) == {
        "1": Done.LIFTED,
        "77": Done.MISSING,
    }
    assert counted(url, "SELECT id FROM customers WHERE restricted") == 2


def test_a_mark_that_is_no_flag_is_lifted_only_by_what_is_declared(source: Sql, url: str) -> None:
    tables = source.settings.tables
    for lifted, wanted in ((None, Done.FAILED), ("Ann Lee", Done.LIFTED)):
        mark = RestrictionMark("full_name", "(set aside)", lifted=lifted)
        own = replace(tables["customers"], restrict=mark)
        adapter = Sql(replace(source.settings, tables={**tables, "customers": own}))
        adapter.restrict(batch("customers", "1"))
        [receipt] = adapter.lift(batch("customers", "1"))
        adapter.close()
        assert receipt.done is wanted
        assert ("Declare restrict with lifted" in receipt.reason) == (wanted is Done.FAILED)
    assert counted(url, "SELECT count(*) FROM customers WHERE full_name = '(set aside)'") == 0


def test_an_objection_to_another_purpose_leaves_the_mark_and_says_so(source: Sql) -> None:
    other = Batch("customers", [Item("1")], "k1", ("profiling",))
    [receipt] = source.object_to(other)
    assert (receipt.done, receipt.code) == (Done.KEPT, "other_purposes")
    assert "newsletter only" in receipt.reason


def test_a_table_without_a_mark_fails_and_says_what_to_declare(source: Sql) -> None:
    for verb in (source.restrict, source.lift, source.object_to):
        [receipt] = verb(batch("orders", "100"))
        assert receipt.done is Done.FAILED
        assert "Declare" in receipt.reason


def test_a_mark_that_does_not_fit_its_column_fails_by_its_name(source: Sql) -> None:
    tables = source.settings.tables
    wrong = replace(tables["customers"], restrict=RestrictionMark("born", "yes"))
    adapter = Sql(replace(source.settings, tables={**tables, "customers": wrong}))
    [receipt] = adapter.restrict(batch("customers", "1"))
    adapter.close()
    assert receipt.done is Done.FAILED
    assert "customers.born" in receipt.reason


@pytest.mark.postgres
def test_a_mask_that_does_not_fit_its_column_fails_and_says_so(postgres_url: str) -> None:
    fill(postgres_url)
    source = shop(postgres_url)
    tables = source.settings.tables
    columns = {**tables["customers"].columns, "balance": Column({"en": "Balance"}, mask="gone")}
    wrong = replace(tables["customers"], columns=columns, erase=Erase.MASK)
    adapter = Sql(replace(source.settings, tables={**tables, "customers": wrong}))
    receipts = adapter.erase(batch("customers", "1", "2"))
    adapter.close()
    assert {(receipt.done, receipt.reason) for receipt in receipts} == {
        (Done.FAILED, "The mask does not fit column customers.balance. Declare another one.")
    }
    source.close()


def test_a_batch_larger_than_a_statements_parameters_is_one_transaction(
    source: Sql, url: str
) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table, rows in (
            ("orders (id, customer_id, placed)", "(:n, 1, '2026-01-01 00:00:00')"),
            ("order_lines (order_id, line, article, price)", "(:n, 1, 'a', 1)"),
        ):
            numbers = [{"n": number} for number in range(10_000, 30_000)]
            connection.execute(sa.text(f"INSERT INTO {table} VALUES {rows}"), numbers)
    engine.dispose()
    items = [f"[{number}, 1]" for number in range(10_000, 30_000)]
    receipts = source.erase(batch("order_lines", *items))
    assert {receipt.done for receipt in receipts} == {Done.ERASED}
    assert counted(url, "SELECT count(*) FROM order_lines") == 15


@pytest.mark.slow
@pytest.mark.postgres
def test_erasing_ten_thousand_rows_of_three_tables_takes_half_a_second_of_our_time(
    postgres_url: str,
) -> None:
    fill(postgres_url)
    run(
        postgres_url,
        "INSERT INTO customers (id, number, email, full_name) "
        "SELECT n, 'N' || n, 'e' || n, 'Ann' FROM generate_series(1000, 4333) AS n",
        "INSERT INTO orders SELECT n, n, now(), 'x' FROM generate_series(1000, 4332) AS n "
        "WHERE n NOT IN (SELECT id FROM orders)",
        "INSERT INTO subscriptions SELECT 'n' || n, 'e' || n, 't' FROM generate_series(1000, 4333) n",
    )
    source = shop(postgres_url)
    source.erase(batch("orders", "1"))
    work = {
        "orders": [str(n) for n in range(1000, 4333) if n != 1100],
        "customers": [str(n) for n in range(1000, 4334)],
        "subscriptions": [f"n{n}" for n in range(1000, 4334)],
    }
    before = resource.getrusage(resource.RUSAGE_SELF)
    receipts = [r for name, keys in work.items() for r in source.erase(batch(name, *keys))]
    after = resource.getrusage(resource.RUSAGE_SELF)
    source.close()
    assert len(receipts) == 10_000
    assert {receipt.done for receipt in receipts} == {Done.ERASED, Done.ANONYMISED}
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < 0.5
