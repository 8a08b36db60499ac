"""Only a receipt that fits what was asked proves that it was done."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dsar.domain.lifecycle import Event
from dsar.sdk import Batch, Done, Receipt
from tests.scripted import Script
from tests.services.conftest import Make
from tests.services.work.approved import CASES, approved


def half(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
    return script.act(verb, replace(batch, items=batch.items[: len(batch.items) // 2]))


def test_receipts_for_half_of_the_records_prove_nothing(make: Make, desk: Script) -> None:
    desk.records, desk.acting = list(CASES), half
    one = make()
    ref = approved(one)
    one.work()
    assert one.state(ref) == "action_failed"
    assert "2 of 3 cases were not accounted for" in one.view(ref)["next"]
    assert one.line(ref, "desk")["outcome"] == "open"
    desk.acting = None
    one.act(ref, Event.RETRY)
    one.work()
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("assembling", 3)


@pytest.mark.parametrize(
    "receipts",
    [
        lambda batch: [Receipt(batch.collection, "9", Done.ERASED) for _ in batch.items],
        lambda batch: [Receipt("others", item.key, Done.ERASED) for item in batch.items],
        lambda batch: [
            Receipt(batch.collection, item.key, Done.RESTRICTED) for item in batch.items
        ],
        lambda batch: [
            Receipt(batch.collection, item.key, done)
            for item in batch.items
            for done in (Done.FAILED, Done.ERASED)
        ],
        lambda _batch: [],
        lambda _batch: None,
    ],
    ids=["strangers", "collection", "verb", "contradiction", "none", "nothing"],
)
def test_receipts_that_do_not_fit_what_was_asked_prove_nothing(
    make: Make, desk: Script, receipts: object
) -> None:
    """Of other records, of another collection, of another verb, contradicting, or none at all."""
    desk.records = list(CASES)
    desk.acting = lambda _script, _verb, batch: receipts(batch)  # type: ignore[operator]
    one = make()
    ref = approved(one)
    one.work_through()
    assert one.state(ref) == "action_failed"
    assert one.line(ref, "desk")["outcome"] == "open"


def test_what_a_source_keeps_is_listed_with_its_reason(make: Make, desk: Script) -> None:
    desk.records = list(CASES)
    desk.acting = lambda _script, _verb, batch: [
        Receipt(batch.collection, item.key, Done.KEPT, "Open case.") for item in batch.items
    ]
    one = make()
    ref = approved(one)
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["outcome"], line["done"]) == ("assembling", "withheld", 0)
    assert [(k["count"], k["because"]) for k in line["kept"]] == [(3, "Open case.")]


def test_a_record_a_source_could_not_do_is_not_called_done(make: Make, desk: Script) -> None:
    def one_fails(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        first, *rest = script.act(verb, batch)
        return [Receipt(first.collection, first.key, Done.FAILED, "It is locked."), *rest]

    desk.records, desk.acting = list(CASES), one_fails
    one = make()
    ref = approved(one)
    one.work()
    assert one.view(ref)["next"] == "desk: 1 of 3 cases: It is locked."
    one.act(ref, Event.ACCEPT_GAP, reason="by hand")
    one.work()
    assert one.line(ref, "desk")["outcome"] == "could_not"
