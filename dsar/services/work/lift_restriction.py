"""Ends a restriction: first the person is told (Art. 18(3)), then each source takes its mark away.

Staff triggers it, with a reason; it is never the engine's own idea. The law says *before*, and our
letters are queued here and sent by the house, so there are two steps. `announce` writes the letter
and puts the sources' tasks down, none of which can start; `told`, once the letter went out, lets
them. The law gives no number of days between the two, so there is none here.

Only an ended ticket is lifted: until then what was contested is still being examined. Ends stay
ends: no state is entered, the history and the `lift` tasks say how far it is. What is lifted is
what receipts prove was restricted, and each source's receipts prove that it ended. A record that
another ticket of the same person restricts stays restricted until that one is lifted too. What a
person restricted by hand, or an adapter cannot lift, waits for a person, and the ticket says who
must act: `retry`, or `by_hand` once it was done there.
"""

from collections import Counter
from collections.abc import Sequence

import structlog
from sqlmodel import Session, col, select

from dsar.domain.coverage import Outcome
from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.identity import UNUSED
from dsar.domain.lifecycle import ENDS, TaskKind
from dsar.domain.reasons import Reason
from dsar.domain.records import Done
from dsar.domain.rights import Right
from dsar.sdk import NeedsHuman, can
from dsar.services import letters
from dsar.services.inquiries.desk import desk_for
from dsar.services.runtime import journal, record_pages
from dsar.services.runtime.actor import SYSTEM, Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, Unit, reading
from dsar.services.ticket import owed_tasks
from dsar.services.ticket.run_task import Run, finishing
from dsar.services.work.act import SourceAct, walk
from dsar.store import pages, tasks
from dsar.store.coverage import line, lines
from dsar.store.pages import PageRef
from dsar.store.row_states import PageRole
from dsar.store.tables import Identifier, JournalEntry, Task, Ticket
from dsar.store.tasks import TaskState
from dsar.store.tickets import identifiers, locked
from dsar.store.vault import KeyLost

VERB = "lift"
ANNOUNCED, BEGUN, LETTER = "lifting_announced", "lifting_begun", "restriction_ends"

log = structlog.get_logger("dsar.tasks")


def announce(session: Unit, actor: Actor, ticket: Ticket, *, reason: str) -> list[str]:
    """Writes the letter of Art. 18(3); nothing is lifted yet. Returns the sources concerned.

    Raises BadInput without a reason; NotAllowed before the ticket's end, where it restricted
    nothing, or a second time.
    """
    if not reason.strip():
        raise BadInput(
            "reason", "is missing.", "Say why the restriction ends; the person reads it."
        )
    ticket = locked(session, ticket.id)
    if ticket.state not in ENDS:
        raise NotAllowed(f"{ticket.ref} is {ticket.state}: it stays restricted until that is over.")
    if _happened(session, ticket, ANNOUNCED):
        raise NotAllowed(f"The end of the restriction of {ticket.ref} was announced before.")
    sources = _restricting(session, ticket)
    if not sources:
        raise NotAllowed(f"{ticket.ref} restricted nothing; there is nothing to lift.")
    data = {
        "sources": sources,
        "reason_mark": session.installation.vault.blind("reason", reason)[:16],
    }
    journal.append(session, actor, ticket, event=ANNOUNCED, data=data)
    letters.queue(session, ticket, kind=LETTER, because=Because(reason=reason))
    for source in sources:
        why = Reason("tell_first")
        owed_tasks.enqueue(session, ticket, TaskKind.LIFT, source=source, blocked=True, reason=why)
    session.add(ticket)
    return sources


def told(session: Unit, actor: Actor, ticket: Ticket) -> None:
    """The letter has gone out: the sources may lift. NotAllowed unannounced, or said before."""
    ticket = locked(session, ticket.id)
    if not _happened(session, ticket, ANNOUNCED):
        mend = "Announce it with a reason; the person is told before it is lifted."
        raise NotAllowed(f"No end of a restriction of {ticket.ref} was announced. {mend}")
    if _happened(session, ticket, BEGUN):
        raise NotAllowed(f"That the person was told of {ticket.ref} was said before.")
    journal.append(session, actor, ticket, event=BEGUN, data={})
    for task in _tasks(session, ticket):
        tasks.unblock(session, session.installation.store, task.id)
    session.add(ticket)


def retry(session: Unit, actor: Actor, ticket: Ticket) -> int:
    """Has the sources that got stuck asked again; how many. NotAllowed where none did."""
    ticket = locked(session, ticket.id)
    store = session.installation.store
    again = tasks.reopen(
        session, store, ticket_id=ticket.id, kind=TaskKind.LIFT, states=tasks.STUCK
    )
    if not again:
        raise NotAllowed(f"No source of {ticket.ref} got stuck with lifting.")
    journal.append(session, actor, ticket, event="lifting_retried", data={"sources": again})
    session.add(ticket)
    return again


def by_hand(session: Unit, actor: Actor, ticket: Ticket, source: str, *, reason: str) -> None:
    """A person has ended the restriction in a source that could not; `reason` says who and how."""
    if not reason.strip():
        raise BadInput("reason", "is missing.", "Say who ended it there.")
    ticket = locked(session, ticket.id)
    stuck = [task.source for task in _tasks(session, ticket) if task.state in tasks.STUCK]
    if source not in stuck:
        names = ", ".join(sorted(stuck)) or "none"
        raise BadInput("source", "waits for nobody.", f"Those that do: {names}.")
    store, lift_only = session.installation.store, (TaskKind.LIFT,)
    tasks.give_up(session, store, ticket_id=ticket.id, kinds=lift_only, source=source)
    mark = session.installation.vault.blind("reason", reason)[:16]
    data = {"source": source, "reason_mark": mark}
    journal.append(session, actor, ticket, event="lifted_by_hand", data=data)
    _end(session, ticket)


def lift(installation: Installation, run: Run) -> None:
    """The `lift` task: what receipts of this source call restricted is freed, page by page."""
    name = run.lease.source
    with reading(installation) as session:
        ticket = session.get_one(Ticket, run.lease.ticket_id)
        found = _restricted(session, ticket, name)
        spared = _spared(session, installation, ticket, name)
        hand = _unproven(session, ticket, name)
    with installation.sources[name].open(desk_for(installation, run.lease)) as adapter:
        if found and not can(adapter, VERB):
            raise NeedsHuman(code="cannot_lift", title=adapter.title)
        seal = record_pages.seal_for(installation, run.lease.ticket_id)
        act = SourceAct(VERB, found, {}, seal, 1, PageRole.LIFTED, spared)
        walk(installation, run, act, adapter)
    if hand:
        raise NeedsHuman(code="freed_by_hand")
    with finishing(run) as (session, ticket):
        data = {"source": name, **_counted(session, installation, ticket, name)}
        journal.append(session, SYSTEM, ticket, event="source_lifted", data=data)
        _end(session, ticket)


def _end(session: Unit, ticket: Ticket) -> None:
    """Where the last source is done: said once, for `by_hand` and `lift` hold the ticket's lock."""
    session.flush()
    counts = tasks.by_state(session, ticket.id, TaskKind.LIFT)
    if not counts.keys() & tasks.OPEN:
        data = {"sources": sum(counts.values())}
        journal.append(session, SYSTEM, ticket, event="restriction_lifted", data=data)
    session.add(ticket)


def _tasks(session: Session, ticket: Ticket) -> Sequence[Task]:
    return tasks.of_tickets(session, [ticket.id], kind=TaskKind.LIFT)


def _happened(session: Session, ticket: Ticket, event: str) -> bool:
    mine = (col(JournalEntry.ticket_id) == ticket.id, col(JournalEntry.event) == event)
    return session.exec(select(JournalEntry.id).where(*mine).limit(1)).first() is not None


def _restricting(session: Unit, ticket: Ticket) -> list[str]:
    """The sources that restricted something for a ticket, or may have been made to by hand."""
    proven = {sheet.source for sheet in _restricted(session, ticket)}
    return [
        row.source
        for row in lines(session, ticket.id)
        if row.source in proven or _unproven(session, ticket, row.source)
    ]


def _restricted(session: Session, ticket: Ticket, source: str | None = None) -> tuple[PageRef, ...]:
    """The pages of receipts of what a ticket restricted."""
    right = ticket.right
    if right is Right.RESTRICTION:
        role, number = record_pages.RECEIPTS, ticket.round
    elif right.spec.restricts_at_once:
        role, number = PageRole.RESTRICTIONS, 1
    else:
        return ()
    return pages.refs(session, ticket.id, role=role, round_=number, source=source)


def _unproven(session: Unit, ticket: Ticket, source: str) -> bool:
    """Whether a source was given up with restricting: a person may have done it there."""
    if ticket.right is Right.RESTRICTION:
        return line(session, ticket.id, source).outcome == Outcome.COULD_NOT
    given_up = (TaskState.CANCELLED,)
    at_once = TaskKind.RESTRICT_NOW
    return bool(
        tasks.of_tickets(session, [ticket.id], kind=at_once, states=given_up, source=source)
    )


def _spared(
    session: Session, installation: Installation, ticket: Ticket, source: str
) -> frozenset[tuple[str, str]]:
    """What other tickets of the person restrict in this source and have not begun to lift.

    Of two that are lifted at once at least one sees that the other has begun, so nothing is left.
    Raises NeedsHuman where it cannot be read what another one restricts: nothing is freed then.
    """
    found: set[tuple[str, str]] = set()
    for other in _others(session, ticket):
        try:
            seal = record_pages.seal_for(installation, other.id)
        except KeyLost:
            log.warning("lifting.request_forgotten", ticket=other.ref)
            raise NeedsHuman(code="restriction_unreadable", ref=other.ref) from None
        for sheet, rows in record_pages.opened(
            installation, seal, _restricted(session, other, source)
        ):
            parts = map(record_pages.receipt_parts, rows)
            found |= {(sheet.collection, key) for done, key, _ in parts if done == Done.RESTRICTED}
    return frozenset(found)


def _others(session: Session, ticket: Ticket) -> list[Ticket]:
    mine = [r for r in identifiers(session, ticket.request_id) if r.evidence not in UNUSED]
    theirs = select(Identifier.request_id).where(
        col(Identifier.blind).in_([row.blind for row in mine]),
        col(Identifier.evidence).not_in(UNUSED),
    )
    rights = [
        right for right in Right if right.spec.restricts_at_once or right is Right.RESTRICTION
    ]
    query = select(Ticket).where(col(Ticket.request_id).in_(theirs), col(Ticket.right).in_(rights))
    every = session.exec(query.where(col(Ticket.id) != ticket.id).order_by(col(Ticket.id)))
    return [other for other in every.all() if not _happened(session, other, BEGUN)]


def _counted(
    session: Session, installation: Installation, ticket: Ticket, source: str
) -> dict[str, int]:
    """How many records of a source are free, kept or gone, as their receipts say."""
    seal = record_pages.seal_for(installation, ticket.id)
    sheets = pages.refs(session, ticket.id, role=PageRole.LIFTED, source=source)
    every = record_pages.opened(installation, seal, sheets)
    done = (record_pages.receipt_parts(row)[0] for _, rows in every for row in rows)
    return dict(Counter(map(str, done)))
