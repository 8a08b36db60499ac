"""Searching the demo finds a person's own records in every system, and flags the traps."""

import pytest

from dsar.config import sources
from dsar.demo import personas
from dsar.demo.company import Company
from dsar.domain.records import WEAK
from tests.demo.searching import SYSTEMS, search


def test_the_systems_are_configured_so_that_the_shop_comes_first(company: Company) -> None:
    assert tuple(source.name for source in sources.load(company.sources)) == SYSTEMS


def test_access_finds_records_in_all_four_systems(company: Company) -> None:
    assert all(search(company, personas.ACCESS).values())


@pytest.mark.parametrize("who", personas.PERSONAS, ids=lambda who: who.name)
def test_nobody_else_is_found(who: personas.Persona, company: Company) -> None:
    """Every e-mail address, customer number and account in what is found belongs to the person."""
    found = search(company, who)
    records = [record for many in found.values() for record in many]
    assert {str(r.data["email"]).lower() for r in records if "email" in r.data} == {who.email}
    [account] = [record for record in found["shop"] if record.collection == "customers"]
    assert {r.data["customer_id"] for r in records if "customer_id" in r.data} <= {
        account.data["id"]
    }
    assert {r.data["customer"] for r in found["weblogs"]} <= {account.data["number"]}


@pytest.mark.parametrize("who", personas.PERSONAS, ids=lambda who: who.name)
def test_whoever_asks_is_matched_without_doubt(who: personas.Persona, company: Company) -> None:
    records = [record for many in search(company, who).values() for record in many]
    assert not {record.match for record in records} & WEAK


def test_the_address_in_capitals_finds_every_spelling(company: Company) -> None:
    found = search(company, personas.CONSENT_WITHDRAWAL)
    assert [record.data["email"] for record in found["mailing"]] == ["Piotr.Wilkowski@Example.org"]
    assert any(record.collection == "consents" for record in found["shop"])


def test_a_mailbox_read_by_two_needs_a_persons_eye(company: Company) -> None:
    found = search(company, personas.SHARED_MAILBOX)
    assert {record.data["given_name"] for record in found["mailing"]} == {"Ines", "Oskar"}
    assert {record.match for record in found["mailing"]} <= WEAK
