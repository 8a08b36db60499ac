"""The policy and the real adapters together erase what may go from the demo's four systems."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from dsar.config import policy_file, sources
from dsar.demo import personas
from dsar.demo.company import Company
from dsar.domain.policy import Verdict, decide_erasure
from dsar.sdk import Batch, Done, Item
from tests.demo.conftest import TODAY
from tests.demo.searching import SYSTEMS, found, subject_of


def erase(company: Company, source: str, who: personas.Persona) -> Iterator[Done]:
    """Erases what the policy lets go, children before parents, then looks again."""
    policy, subject = policy_file.load(company.policy), subject_of(company, who)
    with sources.load(company.sources)[source].open() as adapter:
        records = found(adapter, subject)
        for collection in reversed(adapter.collections()):
            decided = [
                (record.key, decide_erasure(policy, source, record, today=company.today))
                for record in records
                if record.collection == collection.name
            ]
            items = [Item(key, d.fields) for key, d in decided if d.verdict is not Verdict.KEEP]
            for receipt in adapter.erase(Batch(collection.name, items, "once")):  # type: ignore[attr-defined]
                yield receipt.done
        assert found(adapter, subject) == []


def kept_invoices(company: Company, customer: int) -> list[int]:
    """The years of the invoices that still hang, by their order, on this account."""
    with closing(sqlite3.connect(company.shop)) as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        years = database.execute(
            "SELECT substr(issued_on, 1, 4) FROM invoices i JOIN orders o ON o.id = i.order_id "
            "WHERE o.customer_id = ? ORDER BY 1",
            (customer,),
        )
        return [int(year) for (year,) in years]


@pytest.mark.parametrize("source", SYSTEMS)
def test_the_person_is_found_no_longer_and_every_receipt_is_proof(
    source: str, copy: Company
) -> None:
    done = set(erase(copy, source, personas.ACCESS_THEN_ERASURE))
    assert done
    assert done <= {Done.ERASED, Done.ANONYMISED}


def test_where_nothing_was_bought_nothing_is_kept(copy: Company) -> None:
    assert set(erase(copy, "shop", personas.ERASURE)) == {Done.ERASED, Done.ANONYMISED}


def test_what_the_law_keeps_still_hangs_together(copy: Company) -> None:
    with closing(sqlite3.connect(copy.shop)) as database:
        email = personas.ACCESS_THEN_ERASURE.email
        sql = "SELECT id FROM customers WHERE email = ?"
        [(customer,)] = database.execute(sql, (email,)).fetchall()
    before = kept_invoices(copy, customer)
    list(erase(copy, "shop", personas.ACCESS_THEN_ERASURE))
    after = kept_invoices(copy, customer)
    assert after == [year for year in before if date(year + 7, 12, 31) >= TODAY]
    assert len(before) - len(after) == 1


def test_the_account_no_longer_says_whose_it_was(copy: Company) -> None:
    who = personas.ACCESS_THEN_ERASURE
    list(erase(copy, "shop", who))
    with closing(sqlite3.connect(copy.shop)) as database:
        rows = database.execute("SELECT * FROM customers").fetchall()
    assert len(rows) == 300
    told = {str(value) for row in rows for value in row}
    assert not told & {who.email, who.family_name, who.phone, who.home.street}
