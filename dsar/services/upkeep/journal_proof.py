"""Whether the history of every ticket is the one that was written, and all of it.

Two passes in constant memory: the chain over all tickets link by link, and every ticket's own
entries beside what its links say of them. What whoever can write the database and has no key might
do shows in one of them, but for one thing: to set all of it back to an earlier state. That shows
against a checkpoint that left the machine (`dsar.services.upkeep.checkpoints`).
"""

from collections.abc import Iterator
from itertools import chain, groupby
from typing import Any

from sqlalchemy import Row, func
from sqlmodel import Session, select

from dsar.domain.journal import START, ChainedEntry, JournalFault, is_keyed, verify
from dsar.domain.journal import link as code_of_link
from dsar.services.runtime.installation import Unit
from dsar.store import journal_links
from dsar.store.tables import JournalEntry, Ticket


def counted(session: Session) -> int:
    """How many entries there are."""
    return session.exec(select(func.count()).select_from(JournalEntry)).one()


def faults(session: Unit) -> Iterator[JournalFault]:
    """What does not hold: the first fault of the chain, and the first of each ticket's history.

    A fault of the chain itself names no ticket; its `seq` is the number of the link.
    """
    known: set[str] = set()
    for fault in chain(_of_chain(session), _gone(session), _of_tickets(session), _empty(session)):
        if fault.ticket not in known:
            known.update({fault.ticket} - {""})
            yield fault


def _of_chain(session: Unit) -> Iterator[JournalFault]:
    key, end = session.installation.vault.journal, journal_links.end(session)
    code, number = START, 0
    for row in journal_links.by_number(session):
        number += 1
        if row.number != number:
            yield JournalFault("", number, f"link {number} of the chain is missing")
            return
        place = {"ticket": row.ticket_id, "seq": row.seq, "digest": row.digest}
        code = code_of_link(key, code, number, **place)
        if code != row.code:
            yield JournalFault("", number, f"link {number} of the chain is not as it was written")
            return
        if number == end.count and code != end.head:
            yield JournalFault("", number, f"the end of the chain is not that of link {number}")
    if number < end.count:
        problem = f"the chain ends at {number} and had {end.count} links"
        yield JournalFault("", number + 1, problem)


def _gone(session: Unit) -> Iterator[JournalFault]:
    found = journal_links.without_entry(session)
    if found is None:
        return
    number, ticket_id, seq = found
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        yield JournalFault(
            "", number, f"a ticket is gone of which link {number} of the chain tells"
        )
    else:
        yield JournalFault(ticket.ref, seq, f"entry {seq} is missing")


def _of_tickets(session: Unit) -> Iterator[JournalFault]:
    key, looked_to = session.installation.vault.journal, journal_links.end(session).looked_to
    for _, rows in groupby(journal_links.by_ticket(session), key=lambda row: row.ticket_id):
        fault = _of_ticket(rows, key, looked_to)
        if fault is not None:
            yield fault


def _of_ticket(rows: Iterator[Row[Any]], key: bytes, looked_to: int) -> JournalFault | None:
    first = next(rows)
    if first.ref is None:
        return JournalFault("", first.seq, "a ticket is gone whose history is there")
    unlinked: list[JournalFault] = []

    def entries() -> Iterator[ChainedEntry]:
        for row in chain([first], rows):
            problem = _of_link(row, looked_to)
            if problem and not unlinked:
                unlinked.append(JournalFault(row.ref, row.seq, f"entry {row.seq} {problem}"))
            yield ChainedEntry(
                row.ref, row.seq, row.at, row.event, row.actor, row.data, row.previous, row.digest
            )

    head = first.journal_head or START
    own = verify(first.ref, entries(), seq=first.journal_seq, head=head, key=key)
    return min([*filter(None, [own]), *unlinked], key=lambda fault: fault.seq, default=None)


def _of_link(row: Row[Any], looked_to: int) -> str:
    """What the chain says against an entry; one that was just written need not stand in it yet."""
    if row.linked is None:
        waits = is_keyed(row.digest) and row.id > looked_to
        return "" if waits else "is not in the chain: somebody added it"
    return "" if row.linked == row.digest else "was put in the place of another"


def _empty(session: Unit) -> Iterator[JournalFault]:
    for ref in journal_links.without_history(session):
        yield JournalFault(ref, 1, "the ticket has no history")
