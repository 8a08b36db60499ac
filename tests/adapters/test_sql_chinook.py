"""The engine's first real database: Chinook, a shop of 59 customers, searched by e-mail alone."""

import shutil
import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.sdk import Adapter, Batch, Done, Item, Match, Record, Subject
from dsar.sdk.registry import adapter, settings_from

CHINOOK = Path(__file__).parents[3] / "shared" / "data" / "chinook.sqlite"
EMAIL = "luisg@embraer.com.br"

pytestmark = pytest.mark.skipif(not CHINOOK.exists(), reason="the Chinook database is not here")

SOURCES = """
url = "sqlite:///chinook.sqlite"
page = 7
[tables.Customer]
title = "Customer account"
key = "CustomerId"
identify = { email = "Email" }
gives = { customer_number = "CustomerId" }
[tables.Customer.columns]
CustomerId = "Customer number"
FirstName = { label = "First name", term = "given_name", mask = "erased" }
LastName = { label = "Last name", term = "family_name", mask = "erased" }
Company = "Company"
Address = "Street"
City = "City"
State = "State"
Country = "Country"
PostalCode = "Postal code"
Phone = { label = "Telephone", term = "phone" }
Fax = "Fax"
Email = { label = "E-mail address", term = "email", mask = "erased-{key}@invalid" }
SupportRepId = "Support representative (number)"
[tables.InvoiceLine]
key = "InvoiceLineId"
from = { InvoiceId = "Invoice.InvoiceId" }
[tables.InvoiceLine.columns]
InvoiceLineId = "Line number"
InvoiceId = "Invoice number"
TrackId = "Track number"
UnitPrice = "Price"
Quantity = "Quantity"
[tables.Invoice]
key = "InvoiceId"
from = { CustomerId = "Customer.CustomerId" }
[tables.Invoice.columns]
InvoiceId = "Invoice number"
CustomerId = "Customer number"
InvoiceDate = "Date"
BillingAddress = "Street"
BillingCity = "City"
BillingState = "State"
BillingCountry = "Country"
BillingPostalCode = "Postal code"
Total = "Total"
"""


@pytest.fixture
def chinook(tmp_path: Path) -> Iterator[Adapter]:
    shutil.copy(CHINOOK, tmp_path / "chinook.sqlite")
    sql = adapter("sql")
    settings = settings_from(sql, tomllib.loads(SOURCES), at="sources.chinook", folder=tmp_path)
    source = sql(settings)
    yield source
    source.close()


def records(source: Adapter, email: str = EMAIL) -> list[Record]:
    pages = source.find(Subject.of([("email", email)]))
    return [record for page in pages for record in page.records]


def count(folder: Path, statement: str) -> int:
    connection = sqlite3.connect(folder / "chinook.sqlite")
    try:
        return int(connection.execute(statement).fetchone()[0])
    finally:
        connection.close()


def test_the_declaration_fits_the_database(chinook: Adapter) -> None:
    assert chinook.check() == []


def test_parents_come_before_what_refers_to_them_in_whatever_order_they_are_declared(
    chinook: Adapter,
) -> None:
    assert [one.name for one in chinook.collections()] == ["Customer", "Invoice", "InvoiceLine"]


def test_invoices_and_their_lines_follow_the_customer_by_key_and_their_number_is_sqls(
    chinook: Adapter, tmp_path: Path
) -> None:
    found = records(chinook)
    of = {name: [r for r in found if r.collection == name] for name in ("Customer", "Invoice")}
    lines = [r for r in found if r.collection == "InvoiceLine"]
    assert len(of["Customer"]) == 1
    assert len(of["Invoice"]) == count(
        tmp_path,
        f"SELECT count(*) FROM Invoice JOIN Customer USING (CustomerId) WHERE Email = '{EMAIL}'",
    )
    assert len(lines) == count(
        tmp_path,
        "SELECT count(*) FROM InvoiceLine JOIN Invoice USING (InvoiceId) "
        f"JOIN Customer USING (CustomerId) WHERE Email = '{EMAIL}'",
    )
    assert {r.match for r in of["Customer"]} == {Match.VERIFIED_IDENTIFIER}
    assert {r.match for r in [*of["Invoice"], *lines]} == {Match.DERIVED_KEY}
    assert {r.subject for r in found} == {"1"}


def test_dates_and_amounts_leave_as_text(chinook: Adapter) -> None:
    invoice = next(r for r in records(chinook) if r.collection == "Invoice")
    assert invoice.data["InvoiceDate"] == "2022-03-11T00:00:00"
    assert invoice.data["Total"] == "3.98"


def test_the_customer_number_is_offered_to_other_sources(chinook: Adapter) -> None:
    pages = chinook.find(Subject.of([("email", EMAIL)]))
    assert {pair for page in pages for pair in page.identifiers} == {("customer_number", "1")}


def test_the_support_representative_is_nowhere_in_the_records(chinook: Adapter) -> None:
    found = records(chinook)
    assert "Employee" not in {record.collection for record in found}
    assert "jane@chinookcorp.com" not in repr(found)
    assert records(chinook, "jane@chinookcorp.com") == []


def test_a_correction_is_found_in_the_next_search_and_nowhere_else(
    chinook: Adapter, tmp_path: Path
) -> None:
    batch = Batch("Customer", [Item("1", changes={"City": "Campinas"})], "k1")
    assert [r.done for r in chinook.rectify(batch)] == [Done.RECTIFIED]
    assert (
        next(r for r in records(chinook) if r.collection == "Customer").data["City"] == "Campinas"
    )
    assert count(tmp_path, "SELECT count(*) FROM Customer WHERE City = 'Campinas'") == 1


def test_erasing_from_the_lines_upwards_leaves_nothing_of_the_customer_and_all_of_the_others(
    chinook: Adapter, tmp_path: Path
) -> None:
    before = count(tmp_path, "SELECT count(*) FROM InvoiceLine")
    found = records(chinook)
    for collection in reversed(chinook.collections()):
        items = [Item(r.key) for r in found if r.collection == collection.name]
        receipts = chinook.erase(Batch(collection.name, items, "k1"))
        assert {r.done for r in receipts} == {Done.ERASED}
        assert len(receipts) == len(items)
    assert records(chinook) == []
    lines = sum(record.collection == "InvoiceLine" for record in found)
    assert count(tmp_path, "SELECT count(*) FROM InvoiceLine") == before - lines
    assert count(tmp_path, "SELECT count(*) FROM Customer") == 58


def test_a_customer_with_invoices_is_emptied_instead_and_the_receipt_says_why(
    chinook: Adapter,
) -> None:
    [receipt] = chinook.erase(Batch("Customer", [Item("1")], "k1"))
    assert receipt.done is Done.ANONYMISED
    assert "Rows of Invoice still refer to this record" in receipt.reason
    assert records(chinook) == []


def test_fields_alone_are_masked_while_the_invoices_stay(chinook: Adapter, tmp_path: Path) -> None:
    fields = ("FirstName", "Email", "Phone", "CustomerId")
    [receipt] = chinook.erase(Batch("Customer", [Item("1", fields=fields)], "k1"))
    assert receipt.done is Done.ANONYMISED
    assert records(chinook) == []
    assert count(tmp_path, "SELECT count(*) FROM Invoice WHERE CustomerId = 1") == 7
    assert count(
        tmp_path,
        "SELECT count(*) FROM Customer WHERE CustomerId = 1 AND FirstName = 'erased' "
        "AND Email = 'erased-1@invalid' AND Phone IS NULL AND City IS NOT NULL",
    )
