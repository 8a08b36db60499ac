"""The engine on a database nobody made for it: Chinook, a shop of 59 customers.

Invoices are kept under a statutory duty, and their number is the one SQL counts; the member of
staff who looks after the customer is nobody's business.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from tests.company import SETTINGS, Company
from tests.stories.bundles import checked, data, everything
from workers.run_here import run_until_idle

CHINOOK = Path(__file__).parents[3] / "shared" / "data" / "chinook.sqlite"
EMAIL = "luisg@embraer.com.br"

pytestmark = pytest.mark.skipif(not CHINOOK.exists(), reason="the Chinook database is not here")

SOURCES = """
[chinook]
adapter = "sql"
title = "Music shop"
url = "sqlite:///chinook.sqlite"
[chinook.tables.Customer]
title = "Customer account"
key = "CustomerId"
identify = { email = "Email" }
erase = "mask"
[chinook.tables.Customer.columns]
CustomerId = { label = "Customer number", mask = "keep" }
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
SupportRepId = { label = "Number of your support representative", mask = "keep" }
[chinook.tables.Invoice]
title = "Invoices"
key = "InvoiceId"
from = { CustomerId = "Customer.CustomerId" }
[chinook.tables.Invoice.columns]
InvoiceId = "Invoice number"
CustomerId = "Customer number"
InvoiceDate = "Date"
BillingAddress = "Street"
BillingCity = "City"
BillingState = "State"
BillingCountry = "Country"
BillingPostalCode = "Postal code"
Total = "Total"
[chinook.tables.InvoiceLine]
title = "Lines of invoices"
key = "InvoiceLineId"
from = { InvoiceId = "Invoice.InvoiceId" }
[chinook.tables.InvoiceLine.columns]
InvoiceLineId = "Line number"
InvoiceId = "Invoice number"
TrackId = "Track number"
UnitPrice = "Price"
Quantity = "Quantity"
"""

POLICY = """
[activities.account]
title = "Customer account"
purpose = "To run the account and sell music."
basis = "contract"
data = ["chinook.Customer"]
retention = { because = "As long as there is an account." }
[activities.invoicing]
title = "Invoices"
purpose = "To bill and to keep the books."
basis = "legal_obligation"
data = ["chinook.Invoice", "chinook.InvoiceLine"]
retention = { because = "Books are kept for ever in this test.", law = "bookkeeping law" }
"""

MINE = f"FROM Invoice JOIN Customer USING (CustomerId) WHERE Email = '{EMAIL}'"


@pytest.fixture(scope="module")
def shop(engine_file: Path) -> Iterator[Company]:
    folder = engine_file.parent
    shutil.copy(CHINOOK, folder / "chinook.sqlite")
    database = f"sqlite:///{engine_file}"
    (folder / "dsar.toml").write_text(SETTINGS.format(database=database, review=""))
    (folder / "sources.toml").write_text(SOURCES)
    (folder / "policy.toml").write_text(POLICY)
    made = Company(folder, f"sqlite:///{folder / 'chinook.sqlite'}")
    with closing(made.installation.store):
        yield made


def sql(statement: str) -> Any:
    """What the untouched original says."""
    with closing(sqlite3.connect(f"file:{CHINOOK}?mode=ro&immutable=1", uri=True)) as connection:
        return connection.execute(statement).fetchall()


def run(shop: Company, right: Right, **more: Any) -> str:
    ref = shop.ask(right, identifiers=(("email", EMAIL),), **more)
    run_until_idle(shop.installation)
    if shop.state(ref) == "in_review":
        shop.act(ref, Event.APPROVE)
        run_until_idle(shop.installation)
    return ref


def invoices(table: str) -> int:
    join = "" if table == "Invoice" else f"JOIN {table} USING (InvoiceId)"
    statement = MINE.replace("JOIN Customer", f"{join} JOIN Customer")
    return int(sql(f"SELECT count(*) {statement}")[0][0])


def test_access_rectification_and_erasure_of_a_customer_found_by_e_mail(shop: Company) -> None:
    """In one story, for each step starts where the one before it ended."""
    assert (invoices("Invoice"), invoices("InvoiceLine")) == (7, 38)
    copied(shop, run(shop, Right.ACCESS))
    rectified(shop)
    erased(shop)


def copied(shop: Company, ref: str) -> None:
    assert shop.state(ref) == "fulfilled"
    assert shop.line(ref, "chinook")["found"] == 1 + 7 + 38
    bundle = checked(shop.bundle(ref))
    counts = {Path(name).stem.casefold(): len(body) for name, body in data(bundle).items()}
    assert counts == {"customer": 1, "invoice": 7, "invoiceline": 38}
    words = everything(bundle)
    for number, total in sql(f"SELECT InvoiceId, Total {MINE}"):
        assert str(number) in words
        assert f"{total:.2f}" in words or str(total) in words
    assert "Gonçalves" in words
    strangers = sql(
        "SELECT LastName, FirstName, Email, Phone, Address FROM Employee"
    ) + sql(f"SELECT Email, Phone, LastName FROM Customer WHERE Email <> '{EMAIL}'")  # fmt: skip
    foreign = {
        value for row in strangers for value in row if value and ("@" in value or "+" in value)
    }
    assert len(foreign) > 100
    assert [value for value in foreign if value in words] == []
    representative = sql(
        "SELECT e.FirstName, e.LastName, e.Address, e.BirthDate FROM Employee e "
        f"JOIN Customer c ON c.SupportRepId = e.EmployeeId WHERE c.Email = '{EMAIL}'"
    )[0]
    assert [value for value in representative if value in words] == []


def rectified(shop: Company) -> None:
    ref = run(shop, Right.RECTIFICATION, corrections={"family_name": "Gonçalves Silva"})
    assert shop.state(ref) == "fulfilled"
    assert shop.shop(f"SELECT LastName FROM Customer WHERE Email = '{EMAIL}'") == "Gonçalves Silva"
    assert shop.shop("SELECT count(*) FROM Customer WHERE LastName = 'Gonçalves Silva'") == 1


def erased(shop: Company) -> None:
    ref = run(shop, Right.ERASURE)
    assert shop.state(ref) == "partly_fulfilled"
    kept = {k["collection"]: k["count"] for k in shop.line(ref, "chinook")["kept"]}
    assert kept == {"Invoice": 7, "InvoiceLine": 38}
    assert shop.shop(f"SELECT count(*) FROM Customer WHERE Email = '{EMAIL}'") == 0
    assert shop.shop("SELECT count(*) FROM Invoice") == sql("SELECT count(*) FROM Invoice")[0][0]
    assert shop.shop("SELECT Phone FROM Customer WHERE CustomerId = 1") is None
    assert shop.shop("SELECT count(*) FROM Customer WHERE FirstName = 'erased'") == 1
    assert "bookkeeping law" in everything(checked(shop.bundle(ref)))
    letter = shop.letters(ref)["partly_delivered"]
    assert "7 records" in letter
    assert "38 records" in letter
