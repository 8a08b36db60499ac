"""What was erased is sought again, and what is still there is named."""

from collections.abc import Sequence

from dsar.domain.lifecycle import Event
from dsar.sdk import Batch, Done, NeedsHuman, Receipt
from dsar.store.tables import PageRow, Suppression
from tests.scripted import Script
from tests.services.conftest import Make
from tests.services.work.approved import CASES, approved


def test_what_is_left_after_erasing_is_named_and_erased_on_retry(make: Make, desk: Script) -> None:
    def claims_only(_script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        assert verb == "erase"
        return [Receipt(batch.collection, item.key, Done.ERASED) for item in batch.items]

    desk.records, desk.acting = list(CASES), claims_only
    one = make()
    ref = approved(one)
    one.work()
    assert one.state(ref) == "action_failed"
    line = one.line(ref, "desk")
    assert (line["residue"], line["reason"]) == (
        3, "3 records were still there when we looked again.",
    )  # fmt: skip
    assert one.rows(Suppression) != []  # of the mailing list, which was proven
    desk.acting = None
    one.act(ref, Event.RETRY)
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["residue"], line["done"], line["reason"]) == (
        "assembling", 0, 3, "",
    )  # fmt: skip
    receipts = [row for row in one.rows(PageRow) if (row.role, row.source) == ("receipts", "desk")]
    assert [row.count for row in receipts] == [3]


def test_what_stays_left_is_a_named_gap(make: Make, desk: Script) -> None:
    desk.records = list(CASES)
    desk.acting = lambda _script, _verb, batch: [
        Receipt(batch.collection, item.key, Done.ERASED) for item in batch.items
    ]
    one = make()
    ref = approved(one)
    one.work()
    one.act(ref, Event.ACCEPT_GAP, reason="the vendor will see to it")
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["outcome"], line["reason"]) == (
        "assembling", "could_not", "3 records were still there when we looked again.",
    )  # fmt: skip


def test_looking_again_that_fails_can_be_tried_again(make: Make, desk: Script) -> None:
    desk.records = list(CASES)
    one = make()
    ref = approved(one)

    def closed(_script: Script, _checkpoint: str | None) -> None:
        raise NeedsHuman("Closed for today.")

    desk.finding = closed
    one.work()
    assert one.state(ref) == "action_failed"
    assert one.view(ref)["next"] == "desk: Closed for today."
    desk.finding = Script().finding
    one.act(ref, Event.RETRY)
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["outcome"], line["done"]) == ("assembling", "acted", 3)


def test_looking_again_that_fails_for_good_is_a_named_gap(make: Make, desk: Script) -> None:
    desk.records = list(CASES)
    one = make()
    ref = approved(one)
    desk.finding = lambda _script, _checkpoint: (_ for _ in ()).throw(NeedsHuman("Closed."))
    one.work()
    one.act(ref, Event.ACCEPT_GAP, reason="closed for good")
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["outcome"], line["reason"]) == (
        "assembling", "could_not", "Closed.",
    )  # fmt: skip
