"""Each change has its own idempotency key and an honest receipt."""

import json
from contextlib import suppress
from typing import Any

import pytest

from dsar.adapters.rest import Rest
from dsar.sdk import Batch, Done, Item, Later, NeedsHuman, Receipt
from tests.adapters.http.servers import Answer, Asked
from tests.adapters.rest.apis import Cascade, Crm, Desk, Shop
from tests.adapters.rest.declared import erased_with, opened, table


def act(source: Rest, verb: str, collection: str, *items: Item, key: str = "k1") -> list[Receipt]:
    batch = Batch(collection, items, key, ("newsletter",))
    try:
        return list(getattr(source, verb)(batch))
    finally:
        source.close()


def test_each_record_is_erased_once_under_a_key_that_says_nothing(crm: Crm) -> None:
    receipts = act(opened(table("rest_crm", crm)), "erase", "contacts", Item("1"), Item("4"))
    assert [one.done for one in receipts] == [Done.ERASED, Done.ERASED]
    assert [(method, key) for method, key, _ in crm.done] == [("DELETE", "1"), ("DELETE", "4")]
    keys = [key for _, _, key in crm.done]
    assert len(set(keys)) == 2
    assert all(len(key) == 32 for key in keys)


def test_the_same_change_tried_again_has_the_same_key(crm: Crm) -> None:
    for again in range(2):
        crm.fault = lambda _, broken=not again: Answer(500) if broken else None
        source = opened(table("rest_crm", crm))
        if again:
            act(source, "erase", "contacts", Item("1"))
        else:
            with pytest.raises(Later, match="500"):
                act(source, "erase", "contacts", Item("1"))
    sent = [asked.headers["idempotency-key"] for asked in crm.server.asked]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert len(crm.done) == 1


def test_a_batch_that_broke_off_goes_on_where_it_stood(crm: Crm) -> None:
    """A system that lets through two requests at a time finishes a batch of five in three."""
    source = opened(table("rest_crm", crm))
    count = 0

    def fault(_: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return Answer(429, headers={"Retry-After": "1"}) if count % 3 == 0 else None

    crm.fault = fault
    batch = Batch("contacts", [Item(str(number)) for number in range(1, 6)], "k1")
    given: list[Receipt] = []
    tries = 0
    while len(given) < 5:
        left = [item for item in batch.items if item.key not in {one.key for one in given}]
        tries += 1
        with suppress(Later):
            for receipt in source.erase(Batch("contacts", left, "k1")):
                given.append(receipt)
    assert tries == 3
    assert [one.done for one in given] == [Done.ERASED] * 5
    assert len(crm.done) == 5
    source.close()


def test_a_refusal_that_was_declared_keeps_the_record_with_its_reason(shop: Shop) -> None:
    receipts = act(opened(table("rest_shop", shop)), "erase", "orders", Item("103"), Item("999"))
    assert [one.done for one in receipts] == [Done.KEPT, Done.MISSING]
    assert "not finished" in receipts[0].reason


@pytest.mark.parametrize(
    ("status", "done", "words"),
    [
        (409, Done.FAILED, "conflict"),
        (422, Done.FAILED, "does not take the values"),
        (451, Done.FAILED, "legal reasons"),
        (418, Done.FAILED, "by hand"),
        (202, Done.FAILED, "only promised"),
        (404, Done.MISSING, ""),
        (410, Done.MISSING, ""),
        (200, Done.ERASED, ""),
    ],
)
def test_each_status_is_an_honest_receipt(crm: Crm, status: int, done: Done, words: str) -> None:
    crm.fault = lambda _: Answer(status)
    [receipt] = act(opened(table("rest_crm", crm)), "erase", "contacts", Item("1"))
    assert receipt.done is done
    assert words in receipt.reason


def test_accepted_is_done_where_that_is_declared(crm: Crm) -> None:
    declared = table("rest_crm", crm)
    declared["collections"]["contacts"]["erase"]["accepted"] = True
    crm.fault = lambda _: Answer(202)
    [receipt] = act(opened(declared), "erase", "contacts", Item("1"))
    assert receipt.done is Done.ERASED


@pytest.mark.parametrize(("status", "kind"), [(401, NeedsHuman), (403, NeedsHuman), (503, Later)])
def test_what_no_receipt_can_say_stops_the_batch(
    crm: Crm, status: int, kind: type[Exception]
) -> None:
    crm.fault = lambda _: Answer(status)
    with pytest.raises(kind, match=str(status)):
        act(opened(table("rest_crm", crm)), "erase", "contacts", Item("1"))


@pytest.mark.parametrize("key", ["..", ".", ""])
def test_a_key_that_would_change_the_path_erases_nothing(crm: Crm, key: str) -> None:
    [receipt] = act(opened(table("rest_crm", crm)), "erase", "contacts", Item(key))
    assert receipt.done is Done.FAILED
    assert crm.server.asked == []


def test_a_key_with_slashes_is_one_segment(crm: Crm) -> None:
    [receipt] = act(opened(table("rest_crm", crm)), "erase", "contacts", Item("../notes/n1?a=b"))
    assert receipt.done is Done.MISSING
    assert crm.server.asked[0].path == "/v1/contacts/..%2Fnotes%2Fn1%3Fa%3Db"
    assert "n1" in crm.notes


def test_a_correction_goes_into_the_object_it_came_from(crm: Crm) -> None:
    changes = {"properties.name": "Ann Lee", "state": "new"}
    item = Item("1", changes=changes)
    [receipt] = act(opened(table("rest_crm", crm)), "rectify", "contacts", item)
    assert receipt.done is Done.RECTIFIED
    assert json.loads(crm.server.asked[0].body) == {
        "properties": {"name": "Ann Lee"},
        "state": "new",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret": "x"}, "no field secret"),
        ({"id": "7"}, "never changed"),
        ({}, "Nothing to change"),
    ],
)
def test_a_correction_that_cannot_be_says_why(
    crm: Crm, changes: dict[str, str], words: str
) -> None:
    item = Item("1", changes=changes)
    [receipt] = act(opened(table("rest_crm", crm)), "rectify", "contacts", item)
    assert receipt.done is Done.FAILED
    assert words in receipt.reason
    assert crm.server.asked == []


def test_single_fields_are_erased_as_a_correction_to_nothing(crm: Crm) -> None:
    item = Item("1", fields=("properties.name",))
    [receipt] = act(opened(table("rest_crm", crm)), "erase", "contacts", item)
    assert receipt.done is Done.ANONYMISED
    assert crm.contacts["1"]["properties"]["name"] is None
    assert crm.contacts["1"]["properties"]["email"]


def test_single_fields_where_none_can_be_corrected_are_said_to_be_left(crm: Crm) -> None:
    item = Item("n1", fields=("text",))
    [receipt] = act(opened(table("rest_crm", crm)), "erase", "notes", item)
    assert receipt.done is Done.FAILED
    assert "declares no rectify" in receipt.reason
    assert "n1" in crm.notes


def test_what_is_not_declared_is_said_to_be_left(shop: Shop) -> None:
    for verb in ("restrict", "lift"):
        [receipt] = act(opened(table("rest_shop", shop)), verb, "orders", Item("101"))
        assert receipt.done is Done.FAILED
        assert f"declares no {verb}" in receipt.reason


def test_an_objection_to_another_purpose_is_kept(crm: Crm) -> None:
    declared = table("rest_crm", crm)
    declared["collections"]["contacts"]["object_to"]["purposes"] = ["profiling"]
    [receipt] = act(opened(declared), "object_to", "contacts", Item("1"))
    assert (receipt.done, receipt.code) == (Done.KEPT, "other_purposes")
    assert "profiling" in receipt.reason


def test_blanking_is_called_what_it_is(desk: Desk) -> None:
    [receipt] = act(opened(table("rest_desk", desk)), "erase", "users", Item("u1"))
    assert receipt.done is Done.ANONYMISED
    assert desk.users["u1"]["email"] is None


def test_what_goes_with_another_record_comes_after_it_and_is_missing_once_it_is_gone() -> None:
    with (api := Cascade()).server:
        source = opened(erased_with(table("rest_crm", api)))
        assert [one.name for one in source.collections()] == ["notes", "contacts"]
        notes = Batch("notes", [Item("n1"), Item("n1b"), Item("n2")], "k1")
        assert [one.done for one in source.erase(notes)] == [Done.FAILED] * 3
        assert [one.done for one in source.erase(Batch("contacts", [Item("1")], "k2"))]
        *gone, there = source.erase(notes)
        assert [one.done for one in gone] == [Done.MISSING, Done.MISSING]
        assert there.done is Done.FAILED
        assert there.reason == "It is still there, although it goes with contacts. Look there."
        assert [(method, key) for method, key, _ in api.done] == [("DELETE", "1")]
        source.close()


@pytest.mark.parametrize(
    ("status", "kind"), [(401, NeedsHuman), (503, Later), (400, Done.FAILED), (202, Done.FAILED)]
)
def test_a_record_that_could_not_be_looked_for_is_not_called_gone(status: int, kind: Any) -> None:
    with (api := Cascade()).server:
        api.fault = lambda _: Answer(status)
        source = opened(erased_with(table("rest_crm", api)))
        batch = Batch("notes", [Item("n1")], "k1")
        if isinstance(kind, Done):
            assert [one.done for one in source.erase(batch)] == [kind]
        else:
            with pytest.raises(kind):
                list(source.erase(batch))
        source.close()
