"""A record that says of itself whose it is must say the person who asks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.decision.ownership import KnownIdentifier, somebody_else
from dsar.domain.records import Collection, Field, Record

ANA = (
    KnownIdentifier("email", "ana@example.org"),
    KnownIdentifier("customer_number", "4711", "shop"),
)
CARDS = Collection(
    "cards",
    {"en": "Cards"},
    (
        Field("email", {"en": "E-mail"}, term="email"),
        Field("second", {"en": "Second e-mail"}, term="email"),
        Field("phone", {"en": "Telephone"}, term="phone"),
        Field("number", {"en": "Number"}, term="customer_number"),
        Field("friend", {"en": "Recommended to"}, term="email", about_others=True),
    ),
)


def owner(source: str = "crm", **data: Any) -> str | None:
    return somebody_else(ANA, source, CARDS, Record("cards", "1", data))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("email", {"email": "bo@example.org"}),
        ("email", {"email": "bo@example.org", "number": "4711"}),
        ("email", {"email": ["bo@example.org", "cy@example.org"]}),
        ("customer_number", {"number": 4712}),
        ("customer_number", {"email": "ana@example.org", "number": "4712"}),
    ],
)
def test_a_record_that_declares_another_owner_is_somebody_elses(
    kind: str, data: dict[str, Any]
) -> None:
    assert owner(**data) == kind


@pytest.mark.parametrize(
    "data",
    [
        {"email": " ANA@example.org "},
        {"email": "ana@example.org", "second": "ana.private@example.org"},
        {"email": "ana.private@example.org", "second": "ana@example.org"},
        {"email": ["bo@example.org", "ana@example.org"]},
        {"number": 4711},
        {"friend": "bo@example.org"},
        {"phone": "+49301234567"},
        {"email": None, "second": ""},
        {"email": "not given", "phone": "030 123"},
        {"email": True},
        {},
    ],
)
def test_a_second_own_address_and_what_says_nothing_is_no_doubt(data: dict[str, Any]) -> None:
    assert owner(**data) is None


def test_what_a_source_said_of_the_person_proves_nothing_about_its_own_records() -> None:
    assert owner("crm", number="9") == "customer_number"
    assert owner("shop", number="9") is None  # of the shop's own word there is nothing to compare


def test_a_field_nobody_explained_declares_nothing() -> None:
    stranger = Record("cards", "1", {"mail": "bo@example.org"})
    assert somebody_else(ANA, "crm", CARDS, stranger) is None
    assert somebody_else(ANA, "crm", None, stranger) is None


@given(st.lists(st.emails(), min_size=1, max_size=4), st.data())
def test_one_own_value_of_a_kind_is_enough(addresses: list[str], data: st.DataObject) -> None:
    mine = data.draw(st.sampled_from(addresses)).lower()
    known = [KnownIdentifier("email", mine)]
    record = Record("cards", "1", {"email": addresses})
    assert somebody_else(known, "crm", CARDS, record) is None
