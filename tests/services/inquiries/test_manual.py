"""A colleague's part of a ticket, from the question to the answer the person gets."""

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.inquiries import overview
from dsar.services.runtime.installation import reading, transaction
from dsar.services.work import attachments, lift_restriction
from dsar.store.tickets import by_ref
from tests.company import BEN, Company
from tests.services.inquiries.conftest import (
    NOTHING,
    answer,
    contract,
    inquiries,
    opened,
    records,
    ticket_id,
)
from tests.stories.bundles import everything


def receipts(one: Company, done: str, reason: str = "") -> dict[str, object]:
    """The newest inquiry answered the same for each of its records."""
    seen = opened(one, inquiries(one)[-1])
    rows = [
        {"collection": row.collection, "key": row.key, "done": done, "reason": reason}
        for row in seen.question.wanted
    ]
    return {"outcome": "receipts", "receipts": rows}


def found(one: Company, right: Right, **more: object) -> str:
    """A ticket whose records the colleague handed over."""
    ref = one.ask(right, **more)
    one.work()
    answer(one, inquiries(one)[-1], records(contract("1"), contract("2", name="Lotta L.")))
    one.work()
    return ref


def test_what_the_colleague_found_reaches_the_person(cabinet: Company) -> None:
    ref = cabinet.ask(Right.ACCESS)
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], records(contract()), {"scan.txt": b"signed by Lotta"})
    cabinet.work()
    cabinet.act(ref, Event.APPROVE)
    cabinet.work(render=True)
    assert cabinet.view(ref)["stuck"] == []
    cabinet.act(ref, Event.DELIVER)
    assert cabinet.state(ref) == "fulfilled"
    line = cabinet.line(ref, "cabinet")
    assert (line["outcome"], line["found"]) == ("supplied", 2)
    told = everything(cabinet.bundle(ref))
    assert "2020-01-05" in told
    assert "signed by Lotta" in told


def test_erasing_asks_again_and_looks_again(office: Company) -> None:
    ref = found(office, Right.ERASURE)
    office.act(ref, Event.APPROVE)
    office.work()
    assert office.state(ref) == "acting"
    row = inquiries(office)[-1]
    seen = opened(office, row)
    assert (row.verb, seen.question.identifiers) == ("erase", ())
    assert [one.data["name"] for one in seen.question.wanted] == ["Lotta", "Lotta L."]
    answer(office, row, receipts(office, "erased"))
    office.work()
    assert office.state(ref) == "checking"
    last = opened(office, inquiries(office)[-1])
    assert (last.verb, last.again, len(last.question.wanted)) == ("find", True, 2)
    answer(office, inquiries(office)[-1], NOTHING)
    office.work()
    assert office.state(ref) == "assembling"
    line = office.line(ref, "cabinet")
    assert (line["outcome"], line["done"], line["residue"]) == ("acted", 2, 0)


def test_what_is_still_there_at_the_second_look_is_residue(cabinet: Company) -> None:
    ref = found(cabinet, Right.ERASURE)
    cabinet.act(ref, Event.APPROVE)
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "erased"))
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], records(contract("2", name="Lotta L.")))
    cabinet.work()
    assert cabinet.state(ref) == "action_failed"
    assert cabinet.line(ref, "cabinet")["residue"] == 1
    cabinet.act(ref, Event.RETRY)
    cabinet.work()
    assert inquiries(cabinet)[-1].verb == "erase"
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "erased"))
    cabinet.work()
    assert opened(cabinet, inquiries(cabinet)[-1]).again
    answer(cabinet, inquiries(cabinet)[-1], NOTHING)
    cabinet.work()
    assert cabinet.state(ref) == "assembling"


def test_what_the_colleague_keeps_is_told_with_the_reason(cabinet: Company) -> None:
    ref = found(cabinet, Right.ERASURE)
    cabinet.act(ref, Event.APPROVE)
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "kept", "An audit is under way."))
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], records(contract("1"), contract("2", name="Lotta L.")))
    cabinet.work()
    line = cabinet.line(ref, "cabinet")
    assert (line["outcome"], line["residue"]) == ("withheld", 0)
    assert [kept["because"] for kept in line["kept"]] == ["An audit is under way."]


def test_what_failed_goes_to_staff_and_is_asked_anew(cabinet: Company) -> None:
    ref = found(cabinet, Right.ERASURE)
    cabinet.act(ref, Event.APPROVE)
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "failed", "The shredder is broken."))
    cabinet.work()
    assert cabinet.state(ref) == "action_failed"
    cabinet.act(ref, Event.RETRY)
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "erased"))
    cabinet.work()
    assert cabinet.state(ref) == "checking"


def test_a_late_answer_to_the_second_look_counts(cabinet: Company) -> None:
    ref = found(cabinet, Right.ERASURE)
    cabinet.act(ref, Event.APPROVE)
    cabinet.work()
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "erased"))
    cabinet.work()
    cabinet.clock.turn(days=20)
    cabinet.work()
    assert cabinet.state(ref) == "action_failed"
    before = len(inquiries(cabinet))
    answer(cabinet, inquiries(cabinet)[-1], NOTHING)
    cabinet.work()
    assert (cabinet.state(ref), len(inquiries(cabinet))) == ("assembling", before)


def test_a_correction_is_shown_written_and_read_again(cabinet: Company) -> None:
    ref = found(cabinet, Right.RECTIFICATION, corrections={"given_name": "Lotte"})
    if inquiries(cabinet)[-1].verb == "restrict":  # contested data is set aside at once
        answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "restricted"))
        cabinet.work()
    cabinet.act(ref, Event.APPROVE)
    cabinet.work()
    seen = opened(cabinet, inquiries(cabinet)[-1])
    assert {one.changes["name"] for one in seen.question.wanted} == {"Lotte"}
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "rectified"))
    cabinet.work()
    written = contract("1", signed="2020-01-05", name="Lotte")
    answer(cabinet, inquiries(cabinet)[-1], records(written, contract("2", name="Lotta L.")))
    cabinet.work()
    assert cabinet.state(ref) == "action_failed"
    assert cabinet.line(ref, "cabinet")["residue"] == 1


@pytest.mark.parametrize(
    ("right", "verb", "done", "more"),
    [
        (Right.RESTRICTION, "restrict", "restricted", {}),
        (Right.OBJECTION, "object_to", "stopped", {"purposes": ("filing",)}),
    ],
)
def test_restricting_and_objecting_ask_the_colleague_too(
    cabinet: Company, right: Right, verb: str, done: str, more: dict[str, object]
) -> None:
    ref = found(cabinet, right, **more)
    while cabinet.state(ref) == "in_review" and inquiries(cabinet)[-1].answered_at is None:
        answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "restricted"))
        cabinet.work()
    if cabinet.state(ref) == "in_review":
        cabinet.act(ref, Event.APPROVE)
        cabinet.work()
    row = inquiries(cabinet)[-1]
    assert row.verb == verb
    assert opened(cabinet, row).question.purposes == more.get("purposes", ())
    answer(cabinet, row, receipts(cabinet, done))
    cabinet.work()
    assert cabinet.line(ref, "cabinet")["outcome"] == "acted"


def test_the_colleague_is_asked_to_end_a_restriction_although_the_ticket_has_ended(
    cabinet: Company,
) -> None:
    ref = found(cabinet, Right.RESTRICTION)
    answer(cabinet, inquiries(cabinet)[-1], receipts(cabinet, "restricted"))
    cabinet.work(render=True)
    cabinet.work()
    cabinet.act(ref, Event.DELIVER)
    with transaction(cabinet.installation) as session:
        lift_restriction.announce(session, BEN, by_ref(session, ref), reason="It was checked.")
        lift_restriction.told(session, BEN, by_ref(session, ref))
    cabinet.work()
    row = inquiries(cabinet)[-1]
    assert (row.verb, opened(cabinet, row).over) == ("lift", False)
    with reading(cabinet.installation) as session:
        assert overview.of_ticket(session, by_ref(session, ref))[-1].link
    answer(cabinet, row, receipts(cabinet, "lifted"))
    cabinet.work()
    assert cabinet.events(ref)[-1] == "restriction_lifted"


def test_somebody_the_colleague_cannot_look_up_is_not_asked_about(cabinet: Company) -> None:
    ref = cabinet.ask(Right.ACCESS, identifiers=(("customer_number", "K-4711"),))
    cabinet.work()
    assert inquiries(cabinet) == []
    assert cabinet.line(ref, "cabinet")["outcome"] == "not_asked"


def test_the_files_of_an_answer_are_kept_for_the_bundle(cabinet: Company) -> None:
    ref = cabinet.ask(Right.ACCESS)
    cabinet.work()
    row = inquiries(cabinet)[-1]
    answer(cabinet, row, records(contract()), {"scan.txt": b"signed by Lotta"})
    cabinet.work()
    place = (ticket_id(cabinet, ref), "cabinet", "files", "scan.txt", f"{row.id}.1")
    assert b"".join(attachments.open(cabinet.installation, *place)) == b"signed by Lotta"
