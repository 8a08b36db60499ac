"""What the chain over all histories costs its writers, and how long a million entries take to prove.

Limits: the throughput of 200 writers on PostgreSQL with the chain at least 0.8 of that without it,
in one run by turns; 1,000,000 entries proved in 60 s, in memory that does not grow with them.
"""

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import col, delete, select, update

from dsar.domain.journal import START, digest, link
from dsar.domain.rights import Right
from dsar.services.opening import open_installation
from dsar.services.runtime import journal, keyring
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, link_waiting, reading, transaction
from dsar.services.upkeep.journal_proof import counted, faults
from dsar.store.tables import JournalChain, JournalEntry, JournalLink, Ticket
from dsar.store.tickets import locked
from tests.benchmarks._company import ask, company, show

PROCESSES, THREADS = 4, 50
SECONDS, ROUNDS = 5.0, 3
ENTRIES, TICKETS, BATCH = 1_000_000, 2_000, 10_000


def write(installation: Installation, tickets: list[str], *, chained: bool) -> int:
    """Entries that so many threads append in `SECONDS`, each to a ticket of its own."""
    if not chained:
        installation.unlinked.linked_at = float("inf")
    until, done = time.perf_counter() + SECONDS, [0] * len(tickets)

    def one(place: int, ticket_id: str) -> None:
        while time.perf_counter() < until:
            with transaction(installation) as session:
                ticket = locked(session, ticket_id)
                journal.append(session, SYSTEM, ticket, event="noted", data={"source": "shop"})
                session.add(ticket)
            done[place] += 1

    threads = [threading.Thread(target=one, args=each) for each in enumerate(tickets)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if chained:
        link_waiting(installation)
    return sum(done)


def writer(config: str, number: str, chained: str) -> None:
    """One process of writers; prints how many entries it wrote."""
    installation = open_installation(Path(config))
    keyring.unlock(installation)
    with reading(installation) as session:
        every = list(session.exec(select(Ticket.id).order_by(col(Ticket.id))))
    mine = every[int(number) * THREADS : (int(number) + 1) * THREADS]
    print(write(installation, mine, chained=chained == "True"))  # noqa: T201 - to its parent
    installation.store.close()


def together(config: Path, *, chained: bool) -> float:
    """Entries a second of all processes."""
    command = [sys.executable, "-m", "tests.benchmarks.journal", str(config)]
    running = [
        subprocess.Popen([*command, str(n), str(chained)], stdout=subprocess.PIPE, text=True)
        for n in range(PROCESSES)
    ]
    return sum(int(each.communicate()[0]) for each in running) / SECONDS


def history(key: bytes, tickets: list[tuple[str, str]], start: Any) -> Iterator[dict[str, Any]]:
    """So many entries of these tickets by turns."""
    heads = dict.fromkeys((ref for _, ref in tickets), START)
    for number in range(ENTRIES):
        ticket_id, ref = tickets[number % len(tickets)]
        seq, at = number // len(tickets) + 1, start + timedelta(seconds=number)
        what = {"event": "noted", "actor": "system", "data": {"source": "shop", "count": number}}
        what["previous"] = heads[ref]
        heads[ref] = digest(ref, seq, at=at, **what, key=key)  # type: ignore[arg-type]
        yield {"ticket_id": ticket_id, "seq": seq, "at": at, **what, "digest": heads[ref]}


def filled(installation: Installation) -> None:
    """A million entries, each with its link."""
    key, code, number = installation.vault.journal, START, 0
    with transaction(installation) as session:
        for table in (JournalLink, JournalChain, JournalEntry):
            session.execute(delete(table))
        tickets = session.exec(select(Ticket.id, Ticket.ref).limit(TICKETS)).all()
        rows = history(key, list(tickets), session.now() - timedelta(days=60))
        while batch := list(islice(rows, BATCH)):
            links = []
            for row in batch:
                number += 1
                place = {name: row[name] for name in ("seq", "digest")}
                code = link(key, code, number, ticket=row["ticket_id"], **place)
                links.append(
                    {"number": number, "ticket_id": row["ticket_id"], "code": code, **place}
                )
            session.execute(insert(JournalEntry), batch)
            session.execute(insert(JournalLink), links)
        session.add(JournalChain(name="journal", count=number, head=code))
        last = select(JournalEntry.ticket_id, JournalEntry.seq, JournalEntry.digest)
        for ticket_id, seq, mark in session.exec(
            last.where(col(JournalEntry.seq) == ENTRIES // TICKETS)
        ).all():
            told = {"journal_seq": seq, "journal_head": mark}
            session.execute(update(Ticket).where(col(Ticket.id) == ticket_id).values(told))


def main() -> None:
    """By turns with and without the chain; then the proof."""
    with company(1) as (installation, _url):
        for _ in range(TICKETS):
            ask(installation, Right.ACCESS)
        config = installation.settings.folder / "dsar.toml"
        turns = [(together(config, chained=False), together(config, chained=True))
                 for _ in range(ROUNDS)]  # fmt: skip
        ratios = sorted(chained / bare for bare, chained in turns)
        show("journal_writers", writers=PROCESSES * THREADS, entries_s=max(c for _, c in turns),
             ratio=ratios[len(ratios) // 2], limit=0.8)  # fmt: skip
        filled(installation)
        before, start = _memory(), time.perf_counter()
        with reading(installation) as session:
            entries, found = counted(session), list(faults(session))
        seconds = time.perf_counter() - start
        show("journal_proof", entries=entries, faults=len(found), seconds=seconds, limit_s=60,
             grown_mb=_memory() - before)  # fmt: skip


def _memory() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    writer(*sys.argv[1:]) if len(sys.argv) > 1 else main()
