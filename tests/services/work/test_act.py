"""What was approved is done in each source once, and proven by looking again."""

from collections.abc import Sequence

import pytest

from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import Batch, NeedsHuman, Receipt
from dsar.store.tables import Letter, Suppression, Task
from tests.company import EMAIL, Company, sources
from tests.scripted import Script
from tests.services.conftest import Make
from tests.services.work.approved import CASES, approved


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
    ref = approved(small, Right.RECTIFICATION, corrections={"family_name": "Lindqvist"})
    small.work()
    assert small.state(ref) == "assembling"
    assert {t.kind for t in small.rows(Task)} == {"search", "restrict_now", "decide", "bundle"}
