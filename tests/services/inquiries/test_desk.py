"""A question is put down once, however often its task is repeated; its answer wakes the task."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import col, select

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk.desk import Question
from dsar.services.inquiries import answers, links
from dsar.services.inquiries.desk import TicketDesk, desk_for
from dsar.services.runtime.installation import reading
from dsar.services.ticket.run_task import claim
from dsar.store.tables import InquiryRow, PageRow, Task
from dsar.store.tasks import Lease
from dsar.store.upkeep_tables import Gate
from tests.company import EMAIL, SEEDED, Company
from tests.services.inquiries.conftest import (
    NOTHING,
    PUBLIC,
    answer,
    contract,
    inquiries,
    opened,
    records,
    ticket_id,
)


def lease_of(one: Company, *, source: str = "cabinet") -> Lease:
    """A lease on the search of one source, as a worker has it."""
    while (
        lease := claim(one.installation, queue="work", kinds=("search",), owner="test")
    ) is not None:
        if lease.source == source:
            return lease
    raise AssertionError(source)


def test_a_repeated_question_is_the_same_inquiry(office: Company) -> None:
    office.ask(Right.ACCESS)
    desk = desk_for(office.installation, lease_of(office))
    first = desk.inquiry("find", Question(identifiers=(("email", EMAIL),)))
    again = desk.inquiry("find", Question(identifiers=(("email", EMAIL),)))
    assert first == again
    assert first.url.startswith(f"{PUBLIC}/answer/")
    assert desk.inquiry("find", Question(key="other")).url != first.url
    assert desk.inquiry("erase", Question()).id != first.id


def test_many_at_once_put_one_question_down(office: Company) -> None:
    """A worker believed dead and its successor may both be at it."""
    office.ask(Right.ACCESS)
    lease = lease_of(office)
    start = threading.Barrier(4)

    def ask(_: int) -> str:
        start.wait()
        return desk_for(office.installation, lease).inquiry("find", Question()).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    assert len(inquiries(office)) == 1


def test_a_task_that_waits_is_rung_for_when_the_answer_comes(office: Company) -> None:
    ref = office.ask(Right.ACCESS)
    office.work()
    assert office.state(ref) == "collecting"
    [task] = [row for row in office.rows(Task) if row.source == "cabinet"]
    assert (task.state, task.attempts) == ("ready", 0)
    assert task.not_before > office.clock.now + timedelta(hours=1)
    rung: list[str] = []
    office.installation.wake = lambda _queue, task_id: rung.append(task_id)
    [row] = inquiries(office)
    assert answer(office, row, records(contract()))
    assert rung == [task.id]
    office.work()
    assert office.state(ref) == "in_review"
    line = office.line(ref, "cabinet")
    assert (line["found"], line["reason"]) == (1, "")


def test_an_answer_that_comes_while_the_task_is_at_work_is_not_slept_through(
    office: Company,
) -> None:
    """The worker has looked, the answer comes, then the worker puts the task off for a day."""
    from dsar.sdk import Later
    from dsar.services.runtime.installation import transaction
    from dsar.services.ticket import deferral

    office.ask(Right.ACCESS)
    office.work()
    [task] = [row for row in office.rows(Task) if row.source == "cabinet"]
    office.clock.turn(hours=25)
    lease = lease_of(office)
    assert desk_for(office.installation, lease).inquiry("find", Question()).answer is None
    [row] = inquiries(office)
    answer(office, row, NOTHING)
    with transaction(office.installation) as session:
        deferral.defer(session, office.installation.store, lease, Later("asked", wait=86400))
    [task] = [row for row in office.rows(Task) if row.source == "cabinet"]
    assert task.not_before <= office.clock.now
    office.work()
    assert [row.state for row in office.rows(Task) if row.source == "cabinet"] == ["done"]


def test_waiting_for_one_answer_keeps_no_other_ticket_from_its_question(office: Company) -> None:
    office.ask(Right.ACCESS)
    office.work()
    assert all(gate.open_until is None for gate in office.rows(Gate))
    office.ask(Right.PORTABILITY)
    office.work()
    assert len(inquiries(office)) == 2


def test_the_line_says_who_was_asked_and_when(office: Company) -> None:
    ref = office.ask(Right.ACCESS)
    office.work()
    line = office.line(ref, "cabinet")
    assert (line["outcome"], line["reason"]) == (
        "open", "Asked Filing cabinet on 2026-03-02, not answered.",
    )  # fmt: skip
    assert "inquiry_asked" in office.events(ref)


def test_a_restart_changes_nothing(office: Company) -> None:
    ref = office.ask(Right.ACCESS)
    office.work()
    [row] = inquiries(office)
    secret = links.token(office.installation, row.id)
    office.reopen()
    assert links.token(office.installation, row.id) == secret
    office.work_through(hours=1)
    assert len(inquiries(office)) == 1
    assert office.events(ref).count("inquiry_asked") == 1


@pytest.mark.parametrize("step", ["asked", "_told", "_put_down"])
def test_a_crash_at_any_step_asks_once(
    office: Company, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt dies inside the desk of what may be over the next time; it is tried again."""

    def dies(*_: object) -> None:
        raise ConnectionResetError

    ref = office.ask(Right.ACCESS)
    with monkeypatch.context() as broken:
        broken.setattr(TicketDesk, step, dies)
        office.work()
    office.work_through(hours=1)
    [row] = inquiries(office)
    assert (row.number, office.events(ref).count("inquiry_asked")) == (1, 1)
    answer(office, row, NOTHING)
    office.work()
    assert office.line(ref, "cabinet")["outcome"] == "nothing_held"


def test_the_same_answer_again_is_harmless_and_another_is_refused(office: Company) -> None:
    office.ask(Right.ACCESS)
    office.work()
    [row] = inquiries(office)
    assert answer(office, row, records(contract()), {"a.txt": b"x"}) is True
    assert answer(office, row, records(contract()), {"a.txt": b"x"}) is False
    for other, files in ((contract("2"), {"a.txt": b"x"}), (contract(), {"a.txt": b"y"})):
        with pytest.raises(answers.AnsweredAlready, match="answered already"):
            answer(office, row, records(other), files)


def test_two_answers_at_once_are_one(office: Company) -> None:
    office.ask(Right.ACCESS)
    office.work()
    [row] = inquiries(office)
    start = threading.Barrier(4)

    def give(number: int) -> bool:
        start.wait()
        try:
            return answer(office, row, records(contract(str(number))))
        except answers.AnsweredAlready:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(give, range(4))) == 1


def test_what_nobody_answered_in_time_goes_to_staff_and_a_late_answer_counts(
    office: Company,
) -> None:
    ref = office.ask(Right.ACCESS)
    office.work()
    [row] = inquiries(office)
    office.clock.turn(days=20)
    office.work()
    assert office.state(ref) == "source_failed"
    assert "not answered. It was wanted by 2026-03-16" in office.line(ref, "cabinet")["reason"]
    answer(office, row, NOTHING)
    office.work()
    assert office.state(ref) == "in_review"
    assert office.line(ref, "cabinet")["outcome"] == "nothing_held"
    assert office.events(ref).count("retry") == 1


def test_staff_can_go_on_without_the_answer_and_the_gap_is_named(cabinet: Company) -> None:
    ref = cabinet.ask(Right.ACCESS)
    cabinet.work()
    cabinet.clock.turn(days=20)
    cabinet.work()
    cabinet.act(ref, Event.ACCEPT_GAP)
    line = cabinet.line(ref, "cabinet")
    assert line["outcome"] == "could_not"
    assert "Asked Filing cabinet on 2026-03-02, not answered." in line["reason"]


def test_a_refusal_goes_to_staff_and_a_second_try_asks_anew(office: Company) -> None:
    ref = office.ask(Right.ACCESS)
    office.work()
    [row] = inquiries(office)
    answer(office, row, {"outcome": "cannot", "reason": "The key is lost."})
    office.work()
    assert office.state(ref) == "source_failed"
    assert office.line(ref, "cabinet")["reason"] == "Filing cabinet cannot do it: The key is lost."
    office.act(ref, Event.RETRY)
    office.work()
    first, second = inquiries(office)
    assert (first.number, second.number, second.answered_at) == (1, 2, None)
    answer(office, second, NOTHING)
    office.work()
    assert office.state(ref) == "in_review"


def test_the_link_shows_one_sources_part_and_nothing_else(cabinet: Company) -> None:
    cabinet.ask(Right.ACCESS, identifiers=(("email", EMAIL), ("customer_number", "K-4711")))
    cabinet.work()
    [row] = inquiries(cabinet)
    seen = opened(cabinet, row)
    assert seen.question.identifiers == (("email", EMAIL),)
    assert (seen.title, seen.question.whom) == ("Filing cabinet", "Facilities")
    answer(cabinet, row, NOTHING)
    assert opened(cabinet, row).question == Question()


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "../../etc/passwd", "ä"])
def test_what_is_no_link_leads_nowhere(cabinet: Company, secret: str) -> None:
    cabinet.ask(Right.ACCESS)
    cabinet.work()
    assert answers.open_link(cabinet.installation, secret) is None


def test_after_the_end_nothing_is_shown_and_nothing_taken(cabinet: Company) -> None:
    ref = cabinet.ask(Right.ACCESS)
    cabinet.work()
    [row] = inquiries(cabinet)
    cabinet.act(ref, Event.WITHDRAW)
    assert opened(cabinet, row).over
    assert opened(cabinet, row).question == Question()
    with pytest.raises(answers.Over):
        answer(cabinet, row, NOTHING)


def test_files_come_back_as_they_were_sent(office: Company) -> None:
    ref = office.ask(Right.ACCESS)
    office.work()
    [row] = inquiries(office)
    content = bytes(range(256)) * 10_000  # more than two pieces
    answer(office, row, records(contract()), {"scan.pdf": content, "note.txt": b""})
    desk = TicketDesk(office.installation, ticket_id(office, ref), "cabinet")
    [(_, given)] = desk.answered("find")
    files = {one.key: one.attachments[0] for one in given.records if one.attachments}
    assert b"".join(desk.read(files["scan.pdf"])) == content
    assert b"".join(desk.read(files["note.txt"])) == b""
    assert files["scan.pdf"].size == len(content)


def test_nothing_of_it_lies_in_the_database_in_clear(cabinet: Company) -> None:
    cabinet.ask(Right.ACCESS, words="I am Lotta")
    cabinet.work()
    [row] = inquiries(cabinet)
    secret = links.token(cabinet.installation, row.id)
    answer(cabinet, row, records(contract(name=SEEDED[2])), {"Lindqvist.txt": b"Storgatan 5"})
    cabinet.installation.store.close()
    stored = b"".join(path.read_bytes() for path in cabinet.folder.glob("dsar.sqlite*"))
    for word in (*SEEDED, secret):
        assert word.encode() not in stored


def test_a_file_that_lost_a_piece_is_not_handed_out(cabinet: Company) -> None:
    from dsar.sdk import NeedsHuman
    from dsar.services.runtime.installation import transaction

    ref = cabinet.ask(Right.ACCESS)
    cabinet.work()
    [row] = inquiries(cabinet)
    answer(cabinet, row, records(contract()), {"a": b"x" * 3_000_000})
    with transaction(cabinet.installation) as session:
        pieces = session.exec(
            select(PageRow).where(col(PageRow.role) == "answer").order_by(col(PageRow.number))
        ).all()
        session.delete(pieces[-1])
    desk = TicketDesk(cabinet.installation, ticket_id(cabinet, ref), "cabinet")
    [(_, given)] = desk.answered("find")
    with pytest.raises(NeedsHuman, match="answer_not_whole"):
        list(desk.read(given.records[1].attachments[0]))


def test_outside_a_task_nothing_is_asked(cabinet: Company) -> None:
    from dsar.domain.identity import Subject
    from dsar.sdk import NeedsHuman

    with (
        cabinet.installation.sources["cabinet"].open() as source,
        pytest.raises(NeedsHuman, match="within a ticket"),
    ):
        list(source.find(Subject.of([("email", EMAIL)])))
    with reading(cabinet.installation) as session:
        assert session.exec(select(InquiryRow)).all() == []
