"""What was approved is done in each source once, and proven by looking again."""

from collections.abc import Sequence

import pytest

from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import Batch, Done, NeedsHuman, Receipt
from dsar.services import holds
from dsar.services.house import unit
from dsar.store.tables import Effect, Letter, Page, Suppression, Task
from tests.company import EMAIL, Company, sources
from tests.scripted import Script, case
from tests.services.work.conftest import Make

CASES = [case("1"), case("2"), case("3")]


def approved(one: Company, right: Right = Right.ERASURE, **more: object) -> str:
    """A ticket that was searched, decided and approved."""
    ref = one.ask(right, **more)
    one.work()
    assert one.state(ref) == "in_review"
    one.act(ref, Event.APPROVE)
    return ref


def acts(script: Script) -> list[str]:
    return [call for call in script.calls if not call.startswith("find")]


def test_an_erasure_acts_looks_again_and_remembers_by_keyed_hash(small: Company) -> None:
    ref = approved(small)
    small.work()
    assert small.state(ref) == "assembling"
    assert small.shop(f"SELECT count(*) FROM customers WHERE email = '{EMAIL}'") == 0
    assert small.shop("SELECT family_name FROM customers WHERE id = 2") == "Berg"
    assert EMAIL not in small.subscribers()
    shop, mailing = small.line(ref, "shop"), small.line(ref, "mailing")
    assert (mailing["outcome"], mailing["done"], mailing["residue"]) == ("acted", 1, 0)
    assert (shop["outcome"], shop["done"]) == ("withheld", 2)
    kept = {(k["collection"], k["count"], k["ground"], k["until"]) for k in shop["kept"]}
    assert kept == {("invoices", 1, "tax law", "2034-06-01")}
    assert {row.kind for row in small.rows(Suppression)} == {"email", "customer_number"}
    assert all(EMAIL not in str(row) for row in small.rows(Suppression))


def test_a_rectification_is_written_and_read_again(small: Company) -> None:
    ref = approved(small, Right.RECTIFICATION, corrections={"family_name": "Lind"})
    small.work()
    assert small.shop("SELECT family_name FROM customers WHERE id = 1") == "Lind"
    assert small.shop("SELECT family_name FROM customers WHERE id = 2") == "Berg"
    assert small.line(ref, "shop")["outcome"] == "acted"
    assert small.line(ref, "mailing")["outcome"] == "not_in_scope"


def test_a_number_is_corrected_by_the_text_that_says_it(small: Company) -> None:
    """What the person writes is text; the column holds a number. That is no residue."""
    ref = approved(small, Right.RECTIFICATION, corrections={"shop.customers.score": "9"})
    small.work()
    assert small.shop("SELECT score FROM customers WHERE id = 1") == 9
    assert small.state(ref) == "assembling"


def test_contested_data_is_restricted_before_anybody_decides(small: Company) -> None:
    ref = small.ask(Right.RECTIFICATION, corrections={"family_name": "Lind"})
    small.work()
    assert small.state(ref) == "in_review"
    assert small.shop("SELECT restricted FROM customers WHERE id = 1") == 1
    assert small.shop("SELECT restricted FROM customers WHERE id = 2") == 0


def test_who_contests_data_is_told_once_that_it_is_restricted_meanwhile(small: Company) -> None:
    """Two sources restrict; the person gets one letter."""
    ref = small.ask(Right.RECTIFICATION, corrections={"family_name": "Lind"})
    small.work()
    assert [row.kind for row in small.rows(Letter)].count("restricted_at_once") == 1
    assert "do not use it" in small.letters(ref)["restricted_at_once"]


def test_a_withdrawal_of_consent_stops_what_rests_on_it_and_nothing_else(small: Company) -> None:
    ref = small.ask(Right.CONSENT_WITHDRAWAL)
    small.work()
    assert small.state(ref) == "assembling"
    assert "Lotta Lindqvist,2024-01-05,no" in small.subscribers()
    assert "Bo Berg,2025-01-05,yes" in small.subscribers()
    assert small.shop("SELECT marketing FROM customers WHERE id = 1") == 1
    assert small.line(ref, "shop")["outcome"] == "not_in_scope"


def test_an_objection_to_marketing_is_done_at_once_without_anybody(small: Company) -> None:
    ref = small.ask(Right.OBJECTION, purposes=("newsletter",))
    small.work()
    assert small.state(ref) == "assembling"
    assert "Lotta Lindqvist,2024-01-05,no" in small.subscribers()


def test_a_restriction_marks_every_record(small: Company) -> None:
    small.ask(Right.RESTRICTION)
    small.work()
    assert small.shop("SELECT count(*) FROM invoices WHERE restricted = 1") == 2
    assert "yes,yes" in small.subscribers()


def test_a_source_that_cannot_do_it_says_so_and_the_others_do_it(make: Make, desk: Script) -> None:
    desk.records = list(CASES)
    one = make("LooksOnly")
    ref = approved(one)
    one.work()
    assert one.state(ref) == "action_failed"
    assert one.view(ref)["next"] == "desk: Archive cannot erase here; do it by hand."
    assert one.line(ref, "desk")["outcome"] == "open"
    assert EMAIL not in one.subscribers()
    one.act(ref, Event.ACCEPT_GAP, reason="done by hand, not proven")
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["outcome"]) == ("assembling", "could_not")
    assert line["reason"] == "Archive cannot erase here; do it by hand."


def test_a_source_out_of_reach_does_not_keep_the_others_from_acting(
    make: Make, desk: Script
) -> None:
    desk.records = list(CASES)
    one = make()
    ref = approved(one)
    desk.opening = NeedsHuman("The password was refused.")
    one.work()
    assert one.state(ref) == "action_failed"
    assert one.view(ref)["next"] == "desk: The password was refused."
    assert one.line(ref, "mailing")["outcome"] == "acted"
    assert EMAIL not in one.subscribers()


def half(_script: Script, _verb: str, batch: Batch) -> Sequence[Receipt]:
    items = batch.items[: len(batch.items) // 2]
    return [Receipt(batch.collection, item.key, Done.ERASED) for item in items]


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


def crash(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
    script.act(verb, batch)
    raise ConnectionResetError


def test_what_may_be_repeated_is_repeated_after_a_crash(make: Make, desk: Script) -> None:
    desk.records, desk.acting = list(CASES), crash
    one = make()
    ref = approved(one)
    one.work()
    desk.acting = None
    one.clock.turn(minutes=5)
    one.work()
    assert acts(desk) == ["erase", "erase"]
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("assembling", 3)


def test_what_must_not_be_repeated_is_shown_to_a_person_after_a_crash(
    make: Make, desk: Script
) -> None:
    desk.records, desk.acting = list(CASES), crash
    one = make("Once")
    ref = approved(one)
    one.work_through()
    assert acts(desk) == ["erase"]
    assert one.state(ref) == "action_failed"
    assert "cannot be asked what it did" in one.view(ref)["next"]
    one.act(ref, Event.RETRY)
    one.work_through()
    assert acts(desk) == ["erase"]
    one.act(ref, Event.ACCEPT_GAP, reason="looked there")
    one.work()
    assert one.line(ref, "desk")["outcome"] == "could_not"


def test_what_must_not_be_repeated_is_probed_where_that_can_be_asked(
    make: Make, desk: Script
) -> None:
    desk.records, desk.acting = list(CASES), crash
    desk.probing = lambda _script, _verb, batch: [
        Receipt(batch.collection, item.key, Done.MISSING) for item in batch.items
    ]
    one = make("OnceProbed")
    ref = approved(one)
    one.work_through()
    assert acts(desk)[:2] == ["erase", "probe"]
    assert acts(desk).count("erase") == 1
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("assembling", 3)


def test_a_probe_that_finds_half_undone_leaves_the_rest_to_a_person(
    make: Make, desk: Script
) -> None:
    desk.records, desk.acting = list(CASES), crash
    desk.probing = lambda _script, _verb, batch: [
        Receipt(batch.collection, item.key, Done.KEPT if n else Done.MISSING)
        for n, item in enumerate(batch.items)
    ]
    one = make("OnceProbed")
    ref = approved(one)
    one.work_through()
    assert acts(desk).count("erase") == 1
    assert one.state(ref) == "action_failed"
    assert "half-way" in one.view(ref)["next"]


def test_a_page_that_was_done_is_never_done_again(
    make: Make, desk: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pages; the second breaks off once. The first is not acted on a second time."""
    monkeypatch.setattr("dsar.services.work.decisions.BATCH", 1)
    desk.records = list(CASES)
    keys: list[str] = []

    def second_breaks(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        keys.append(batch.items[0].key)
        if keys == ["1", "2"]:
            raise ConnectionResetError
        return script.act(verb, batch)

    desk.acting = second_breaks
    one = make()
    ref = approved(one)
    one.work_through(hours=0.5)
    assert keys == ["1", "2", "2", "3"]
    assert one.line(ref, "desk")["done"] == 3
    effects = [row.state for row in one.rows(Effect) if row.source == "desk"]
    assert effects == ["done"] * 3


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
    receipts = [row for row in one.rows(Page) if (row.role, row.source) == ("receipts", "desk")]
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
        "assembling", "could_not", "3 records were still there.",
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


def test_restricting_that_fails_is_named_and_keeps_no_line_open(make: Make, desk: Script) -> None:
    """Whatever becomes of it, the coverage line tells what came of the request itself."""
    desk.records = list(CASES)

    def only_restricting_fails(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        if verb == "restrict":
            raise NeedsHuman("There is no such mark here.")
        return script.act(verb, batch)

    desk.acting = only_restricting_fails
    one = make()
    ref = one.ask(Right.RECTIFICATION, corrections={"family_name": "Lind"})
    one.work()
    assert "There is no such mark here." in one.view(ref)["next"]
    assert one.line(ref, "desk")["outcome"] == "not_in_scope"
    one.act(ref, Event.APPROVE)
    one.work()
    assert one.state(ref) == "assembling"


def hold(one: Company) -> str:
    with unit(one.house) as session:
        placed = holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.")
        return placed.id


def lift(one: Company, hold_id: str) -> None:
    with unit(one.house) as session:
        holds.lift(session, hold_id)


def test_nothing_is_erased_under_a_legal_hold(small: Company) -> None:
    hold(small)
    ref = approved(small)
    small.work()
    assert small.shop("SELECT count(*) FROM customers") == 2
    assert EMAIL in small.subscribers()
    for source in ("shop", "mailing"):
        line = small.line(ref, source)
        assert line["outcome"] == "withheld"
        assert {k["ground"] for k in line["kept"]} == {"legal_claims"}


def test_a_hold_placed_after_the_approval_still_stops_the_erasing(small: Company) -> None:
    ref = approved(small)
    placed = hold(small)
    small.work()
    assert small.state(ref) == "action_failed"
    assert "A legal hold is in force" in small.view(ref)["next"]
    assert small.shop("SELECT email FROM customers WHERE id = 1") == EMAIL
    assert EMAIL in small.subscribers()
    lift(small, placed)
    small.act(ref, Event.RETRY)
    small.work()
    assert small.state(ref) == "assembling"
    assert EMAIL not in small.subscribers()


def test_a_source_removed_after_the_approval_is_a_named_gap(make: Make, desk: Script) -> None:
    desk.records = list(CASES)
    one = make()
    ref = approved(one)
    sources(one.folder, one.shop_url, {"desk": "Scripted"}, without="desk")
    one.reopen()
    one.work()
    assert one.state(ref) == "action_failed"
    assert "removed from sources.toml" in one.view(ref)["next"]
    one.act(ref, Event.ACCEPT_GAP, reason="closed")
    one.work()
    assert (one.state(ref), one.line(ref, "desk")["outcome"]) == ("assembling", "could_not")


def test_what_was_approved_is_frozen_though_the_source_goes_on(small: Company) -> None:
    """A record that came after the approval is not erased unseen; it is not in the manifest."""
    ref = approved(small)
    small.shop(
        "INSERT INTO invoices (id, customer_id, issued_on, total) VALUES (200, 1, '2011-01-01', 1)"
    )
    small.work()
    assert small.shop("SELECT count(*) FROM invoices WHERE id = 200") == 1
    assert small.shop("SELECT count(*) FROM invoices WHERE id = 100") == 0
    assert small.state(ref) == "assembling"


def test_nothing_is_approved_twice(small: Company) -> None:
    ref = approved(small)
    with pytest.raises(NotAllowed, match="approve is not possible"):
        small.act(ref, Event.APPROVE)


def test_a_ticket_with_nothing_to_do_still_comes_to_its_end(small: Company) -> None:
    ref = approved(small, identifiers=(("email", "nobody@mail.example"),))
    small.work()
    assert small.state(ref) == "assembling"
    assert {t.kind for t in small.rows(Task)} == {"search", "decide", "bundle"}
