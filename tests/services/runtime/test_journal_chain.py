"""Every entry gets one link of the chain, whoever dies or writes at the same time."""

import threading

import pytest
from sqlmodel import col, delete, select, update

from dsar.domain.journal import ChainedEntry, digest, is_keyed
from dsar.domain.rights import Right
from dsar.services.runtime import journal_chain, keyring
from dsar.services.runtime.installation import Installation, link_waiting, reading, transaction
from dsar.services.upkeep.checkpoints import tend
from dsar.services.upkeep.journal_proof import faults
from dsar.store.tables import JournalChain, JournalEntry, JournalLink, MasterKey, Ticket
from tests.company import Company


def unlinked(one: Company) -> int:
    return len(one.rows(JournalEntry)) - len(one.rows(JournalLink))


def found(one: Company) -> list[str]:
    with reading(one.installation) as session:
        return [str(fault) for fault in faults(session)]


def forget_waiting(installation: Installation) -> None:
    """As if the process had been killed behind its commit."""
    installation.unlinked = journal_chain.WaitingEntries()


def test_each_entry_has_one_link_in_an_order_without_gaps(either: Company) -> None:
    either.ask(Right.ACCESS, Right.ERASURE)
    either.work()
    link_waiting(either.installation)
    numbers = sorted(row.number for row in either.rows(JournalLink))
    assert numbers == list(range(1, len(either.rows(JournalEntry)) + 1))
    assert found(either) == []


def test_many_who_write_at_once_make_one_chain(either: Company) -> None:
    failed: list[BaseException] = []

    def file() -> None:
        try:
            for _ in range(5):
                either.file(Right.ACCESS)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=file) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    link_waiting(either.installation)
    assert (unlinked(either), found(either)) == (0, [])


def test_what_a_killed_process_left_is_linked_by_the_next_look(either: Company) -> None:
    either.installation.unlinked.linked_at = float("inf")  # it never comes to it
    either.ask(Right.ACCESS)
    forget_waiting(either.installation)
    waiting = unlinked(either)
    assert bool(waiting) is not either.installation.store.sqlite
    assert found(either) == []  # what was just written may wait
    tend(either.installation)
    assert (unlinked(either), found(either)) == (0, [])


def test_what_somebody_else_linked_first_is_not_linked_twice(either: Company) -> None:
    either.installation.unlinked.linked_at = float("inf")
    either.ask(Right.ACCESS)
    tend(either.installation)
    either.installation.unlinked.linked_at = float("inf")
    either.ask(Right.ACCESS)
    link_waiting(either.installation)
    assert (unlinked(either), found(either)) == (0, [])


def test_an_entry_that_vanishes_before_it_is_linked_is_noticed(either: Company) -> None:
    either.installation.unlinked.linked_at = float("inf")
    ref = either.ask(Right.ACCESS)
    with either.installation.store.engine.begin() as connection:
        connection.execute(delete(JournalEntry).where(col(JournalEntry.seq) == 3))
        last = connection.execute(select(JournalEntry.digest).where(col(JournalEntry.seq) == 2))
        told = {"journal_seq": 2, "journal_head": last.scalar_one()}
        connection.execute(update(Ticket).where(col(Ticket.ref) == ref).values(told))
    link_waiting(either.installation)
    assert f"{ref}: entry 3 is missing" in found(either)


def test_an_entry_that_our_key_did_not_write_is_never_linked(either: Company) -> None:
    ref = either.ask(Right.ACCESS)
    link_waiting(either.installation)
    [ticket] = either.rows(Ticket)
    forged = {"seq": ticket.journal_seq + 1, "at": either.clock.now, "event": "noted"}
    who = {"actor": "staff:eve", "data": {}, "previous": ticket.journal_head}
    mark = digest(ref, **forged, **who)  # type: ignore[arg-type]
    with either.installation.store.engine.begin() as connection:
        row = {"ticket_id": ticket.id, **forged, **who, "digest": mark}
        connection.execute(JournalEntry.__table__.insert(), [row])  # type: ignore[attr-defined]
    tend(either.installation)
    assert unlinked(either) == 1
    assert any("somebody added it" in fault or "history ends" in fault for fault in found(either))


def test_a_database_that_is_gone_keeps_nobody_from_working(
    either: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done stands; what could not be linked is linked later."""
    if either.installation.store.sqlite:
        pytest.skip("a link is written in the entry's own transaction")

    def refuse(*_: object) -> int:
        raise journal_chain_error()

    with monkeypatch.context() as broken:
        broken.setattr(journal_chain, "link", refuse)
        either.installation.unlinked.linked_at = 0.0
        ref = either.file(Right.ACCESS)
    assert either.tickets(ref)
    assert unlinked(either) == 1
    link_waiting(either.installation)
    assert unlinked(either) == 0


def journal_chain_error() -> Exception:
    from sqlalchemy.exc import OperationalError

    return OperationalError("", {}, ConnectionError())


def test_what_an_older_release_wrote_is_linked_at_the_first_start(either: Company) -> None:
    ref = either.ask(Right.ACCESS)
    either.work()
    older(either, ref)
    assert [is_keyed(row.digest) for row in either.rows(JournalEntry)].count(True) == 0
    either.reopen()
    assert (unlinked(either), found(either)) == (0, [])
    with either.installation.store.engine.begin() as connection:
        connection.execute(update(JournalEntry).where(col(JournalEntry.seq) == 1).values(actor="x"))
    assert found(either) == [f"{ref}: entry 1 was changed after it was written"]


def older(one: Company, ref: str) -> None:
    """The database as a release before the chain left it."""
    with transaction(one.installation) as session:
        session.execute(delete(JournalLink))
        session.execute(delete(JournalChain))
        [ticket] = session.exec(select(Ticket)).all()
        previous = "0" * 64
        for row in session.exec(select(JournalEntry).order_by(col(JournalEntry.seq))).all():
            entry = ChainedEntry(ref, row.seq, row.at, row.event, row.actor, row.data, previous, "")
            row.previous = previous
            row.digest = previous = digest(
                ref, entry.seq, at=entry.at, event=entry.event, actor=entry.actor, data=entry.data,
                previous=previous,
            )  # fmt: skip
            session.add(row)
        ticket.journal_head = previous
        session.add(ticket)
        key = session.get_one(MasterKey, "house")
        root = one.installation.vault._root
        assert root is not None
        for name, value in keyring._wrapped(one.installation, root, 2).items():
            setattr(key, name, value)
        session.add(key)
