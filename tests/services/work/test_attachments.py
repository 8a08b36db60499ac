"""Files of records are kept sealed when they are collected, and read back as a stream."""

from collections.abc import Iterator
from typing import Any

import pytest

from dsar.domain.errors import NotFound
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import Attachment, Later, NeedsHuman
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import reading, transaction
from dsar.services.work import attachments
from dsar.store.tables import PageRow, Request
from dsar.store.tickets import by_ref, request_of
from dsar.store.vault import KeyLost
from tests.company import EMAIL, Company
from tests.scripted import Script, case
from tests.services.conftest import Make

LETTER = b"Dear " + EMAIL.encode() + b"!" * (3 << 20)
NAMED = Attachment("lotta 1", "Brev från Lotta.pdf", "application/pdf", len(LETTER))
EMPTY = Attachment("2", "empty.txt", "text/plain")


def held(desk: Script) -> None:
    desk.records = [case("1", attachments=(NAMED, EMPTY)), case("2")]
    desk.files = {"lotta 1": [LETTER[:10], b"", LETTER[10:]], "2": []}


def ticket_of(one: Company, ref: str) -> str:
    with reading(one.installation) as session:
        return by_ref(session, ref).id


def read(one: Company, ref: str, reference: str = "lotta 1", key: str = "1") -> bytes:
    found = attachments.open(one.installation, ticket_of(one, ref), "desk", "cases", key, reference)
    return b"".join(found)


def of_role(one: Company, role: str) -> list[PageRow]:
    return [row for row in one.rows(PageRow) if row.role == role]


def test_files_are_kept_sealed_and_read_back_piece_by_piece(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert read(one, ref) == LETTER
    assert read(one, ref, "2") == b""
    pieces = list(
        attachments.open(one.installation, ticket_of(one, ref), "desk", "cases", "1", "lotta 1")
    )
    assert max(map(len, pieces)) <= attachments.PIECE
    rows = of_role(one, "attachment") + of_role(one, "attached")
    assert all(b"Dear" not in row.sealed and "lotta" not in row.collection for row in rows)
    assert one.line(ref, "desk")["found"] == 2  # files are no records


def test_records_keep_the_names_of_their_files(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    seal = record_pages.seal_for(one.installation, ticket_of(one, ref))
    found = record_pages.records(one.installation, seal, ticket_of(one, ref), "desk")
    assert {record.key: record.attachments for record in found} == {"1": (NAMED, EMPTY), "2": ()}


def test_a_search_that_is_repeated_reads_only_what_is_not_kept(make: Make, desk: Script) -> None:
    """It breaks off in the middle of the second file; the first is not read again."""
    held(desk)
    second: list[Any] = [b"x" * (2 << 20), ConnectionError()]
    desk.files["2"] = second
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert len(of_role(one, "attached")) == 1
    with pytest.raises(NotFound, match="was not collected"):
        read(one, ref, "2")
    second[1] = b"y"
    one.work_through(hours=0.2)
    assert read(one, ref, "2") == b"x" * (2 << 20) + b"y"
    assert read(one, ref) == LETTER
    assert [call for call in desk.calls if "read" in call] == [
        "read cases 1 lotta 1", "read cases 1 2", "read cases 1 2",
    ]  # fmt: skip
    assert [row.count for row in of_role(one, "attachment")].count(1 << 20) == 3 + 2


def test_rights_that_hand_nothing_over_leave_files_where_they_are(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    one.ask(Right.ERASURE)
    one.work()
    assert [call for call in desk.calls if "read" in call] == []


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([b"short"], "An attachment of cases has 5 bytes, not as many as said. Look whether"),
        ([NeedsHuman("The archive is locked.")], "The archive is locked."),
        (["text"], "An attachment gave something that is no bytes."),
    ],
)
def test_a_file_that_cannot_be_read_is_said_and_stops_no_other_source(
    make: Make, desk: Script, blocks: list[Any], reason: str
) -> None:
    held(desk)
    desk.files["lotta 1"] = blocks
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "source_failed"
    assert reason in one.line(ref, "desk")["reason"]
    assert one.line(ref, "shop")["found"] == 3
    one.act(ref, Event.ACCEPT_GAP, reason="lost there")
    one.work()
    assert one.line(ref, "desk")["outcome"] == "could_not"


def test_an_adapter_that_names_files_and_cannot_read_them_says_so(
    make: Make, desk: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("tests.scripted.Scripted.read")
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    reason = "Scripted system names attachments and cannot read them."
    assert one.line(ref, "desk")["reason"] == reason


def test_patience_asked_for_at_a_file_loses_no_record(make: Make, desk: Script) -> None:
    """A checkpoint given there would pass over the page the file belongs to."""
    held(desk)
    desk.files["lotta 1"] = [Later("Thawing.", wait=60, checkpoint="behind")]
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "collecting"
    desk.files["lotta 1"] = [LETTER]
    one.clock.turn(minutes=2)
    one.work()
    assert one.line(ref, "desk")["found"] == 2
    assert read(one, ref) == LETTER


def test_what_is_forgotten_with_the_request_takes_its_files_along(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    with transaction(one.installation) as session:
        request: Request = request_of(session, by_ref(session, ref))
        request.data_key = None
        session.add(request)
    with pytest.raises(KeyLost, match="forgotten"):
        read(one, ref)


def test_a_file_of_which_a_piece_is_missing_is_not_handed_over(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    with transaction(one.installation) as session:
        piece = next(row for row in of_role(one, "attachment") if row.count > 1)
        session.delete(session.get_one(PageRow, piece.id))
    with pytest.raises(NotFound, match="not whole"):
        read(one, ref)


def test_two_tickets_of_a_person_have_their_own_copies(make: Make, desk: Script) -> None:
    held(desk)
    one = make()
    ref = one.ask(Right.ACCESS, Right.PORTABILITY)
    one.work()
    both: Iterator[str] = (f"{ref.removesuffix('-1')}-{n}" for n in (1, 2))
    assert [read(one, each) for each in both] == [LETTER, LETTER]
