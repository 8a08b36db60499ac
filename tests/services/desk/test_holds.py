"""A legal hold is placed with a reason, found by keyed hash, and lifted once."""

from typing import Any

import pytest

from dsar.domain.errors import BadInput, NotFound
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.runtime.installation import reading, transaction
from dsar.store.tables import Hold
from tests.company import EMAIL, Company


def place(small: Company, **changes: Any) -> str:
    given = {"kind": "email", "value": EMAIL, "reason": "A claim of 2026."} | changes
    with transaction(small.installation) as session:
        return holds.place(session, "ben", **given).id


def test_a_hold_knows_its_person_by_keyed_hash_only(small: Company) -> None:
    place(small, value=EMAIL.upper())
    (row,) = small.rows(Hold)
    assert row.blind == small.installation.vault.blind("email", EMAIL)
    with reading(small.installation) as session:
        (told,) = holds.in_force(session)
    assert (told["kind"], told["by"], told["reason"]) == ("email", "ben", "A claim of 2026.")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"value": "lotta"}, "identifier email"),
        ({"kind": "E-Mail"}, "identifier"),
    ],
    ids=["no reason", "long reason", "no address", "no kind"],
)
def test_a_hold_that_is_none_is_refused(
    small: Company, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        place(small, **changes)
    assert refused.value.field == field
    assert small.rows(Hold) == []


def test_a_hold_is_lifted_once(small: Company) -> None:
    placed = place(small)
    with transaction(small.installation) as session:
        holds.lift(session, placed)
    with pytest.raises(NotFound, match="No hold"), transaction(small.installation) as session:
        holds.lift(session, placed)


def test_a_hold_on_a_number_a_source_gave_holds_too(small: Company) -> None:
    """She wrote from her address; the claim names the customer number."""
    place(small, kind="customer_number", value="K-4711")
    ref = small.ask(Right.ERASURE)
    small.work()
    small.act(ref, Event.APPROVE)
    small.work()
    assert small.shop("SELECT email FROM customers WHERE id = 1") == EMAIL


def test_a_hold_on_somebody_else_holds_nothing(small: Company) -> None:
    place(small, value="bo.berg@mail.example")
    ref = small.ask(Right.ERASURE)
    small.work()
    small.act(ref, Event.APPROVE)
    small.work()
    assert small.shop("SELECT email FROM customers WHERE id = 1") != EMAIL


def test_a_hold_does_not_keep_a_copy_from_the_person(small: Company) -> None:
    place(small)
    ref = small.ask(Right.ACCESS)
    small.work()
    assert small.line(ref, "shop")["outcome"] == "supplied"
