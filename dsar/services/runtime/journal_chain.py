"""Numbers and chains the entries of all tickets, in the transaction that wrote them or right after.

On SQLite writers follow each other anyway, so a link is written in the entry's own transaction. On
a server the end of the chain would hold up every writer until its commit; there entries are linked
behind the commit, many at once, by whoever of a process is first. What a process could not link,
because it was killed or its database gone, `link_missing` finds in the table; an entry that
vanished in between leaves the link that the process wrote from memory.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from time import monotonic

from dsar.domain.journal import ChainedEntry, holds, is_keyed
from dsar.domain.journal import link as code_of_link
from dsar.store import journal_links
from dsar.store.engine import StoreSession
from dsar.store.journal_links import UnlinkedEntry
from dsar.store.tables import JournalEntry

#: Seconds a process gathers entries before it links them.
_GATHERED = 0.5
#: Entries in one transaction.
_BATCH = 500
#: No transaction is older: whatever was written before this has been committed or never will.
_SETTLED = timedelta(hours=1)


@dataclass(slots=True)
class WaitingEntries:
    """The entries of one process that are committed and have no link yet."""

    turn: Lock = field(default_factory=Lock)
    linked_at: float = 0.0
    _waiting: deque[UnlinkedEntry] = field(default_factory=lambda: deque(maxlen=100_000))

    def add(self, entries: Sequence[UnlinkedEntry]) -> bool:
        """Whether it is time to link them."""
        self._waiting.extend(entries)
        return bool(self._waiting) and monotonic() - self.linked_at >= _GATHERED

    def take(self) -> list[UnlinkedEntry]:
        """The oldest of them, which are the caller's now."""
        self.linked_at = monotonic()
        return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def put_back(self, entries: Sequence[UnlinkedEntry]) -> None:
        """They could not be linked."""
        self._waiting.extendleft(reversed(entries))


def link(session: StoreSession, key: bytes, entries: Sequence[UnlinkedEntry]) -> None:
    """Writes the next links; takes the last of all locks.

    The database refuses one that has a link already; see `without_link`.
    """
    if not entries:
        return
    chain = journal_links.locked(session, session.store)
    code, rows = chain.head, []
    for number, entry in enumerate(entries, start=chain.count + 1):
        place = {"ticket": entry.ticket_id, "seq": entry.seq, "digest": entry.digest}
        code = code_of_link(key, code, number, **place)  # type: ignore[arg-type]
        rows.append({"number": number, "code": code, **entry._asdict()})
    journal_links.add(session, session.store, chain, rows)


def without_link(session: StoreSession, entries: Sequence[UnlinkedEntry]) -> list[UnlinkedEntry]:
    """Those that nobody else linked meanwhile, which stays so: the end of the chain is locked."""
    journal_links.locked(session, session.store)
    there = journal_links.linked(session, entries)
    return [entry for entry in entries if (entry.ticket_id, entry.seq) not in there]


def link_missing(session: StoreSession, key: bytes, *, older: bool = False) -> bool:
    """Links a batch of entries that were left without; whether there may be more.

    Only what our key wrote is linked, but for those an `older` release left behind before there was
    a chain. What is not linked is named when the journal is verified.
    """
    chain = journal_links.locked(session, session.store)
    found = journal_links.unlinked(session, behind=chain.looked_to, most=_BATCH)
    ours = [entry for ref, entry in found if older or _is_ours(ref, entry, key)]
    link(session, key, journal_links.pending(ours))
    more = len(found) == _BATCH
    if more:
        chain.looked_to = found[-1][1].id or 0
    else:
        settled = session.now() - _SETTLED
        chain.looked_to = journal_links.newest_before(session, settled, behind=chain.looked_to)
    session.add(chain)
    return more


def _is_ours(ref: str, row: JournalEntry, key: bytes) -> bool:
    entry = ChainedEntry(
        ref, row.seq, row.at, row.event, row.actor, row.data, row.previous, row.digest
    )
    return is_keyed(row.digest) and holds(entry, key)
