"""Whose search of a ticket may begin, and which is begun anew: see `dsar.domain.search_order`."""

from collections.abc import Collection, Iterable, Sequence

from sqlmodel import col, func, select

from dsar.config.sources import Sources
from dsar.domain.identity import GIVEN
from dsar.domain.lifecycle import TaskKind
from dsar.domain.search_order import MOST_VALUES, SearchedSource, SearchOrder, search_order
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Unit
from dsar.store import coverage, pages, tasks
from dsar.store.tables import Identifier, Task, Ticket
from dsar.store.tasks import TaskState


def order_of(known: Sources, names: Iterable[str]) -> SearchOrder:
    """The order of the sources so called.

    One that was removed meanwhile waits for nobody: its search says that it is gone.
    """
    return search_order(
        SearchedSource(name, known[name].needs, known[name].gives)
        if name in known
        else SearchedSource(name)
        for name in names
    )


def unblock(session: Unit, ticket: Ticket) -> None:
    """Lets those search whose givers have all answered or got stuck."""
    installation = session.installation
    searches = _searches(session, ticket)
    if not any(row.state == TaskState.BLOCKED for row in searches):
        return
    order = order_of(installation.sources, (row.source for row in searches))
    ready = order.ready([row.source for row in searches if row.state in tasks.COMING])
    for row in searches:
        if row.state == TaskState.BLOCKED and row.source in ready:
            tasks.unblock(session, installation.store, row.id)


def ask_again(session: Unit, ticket: Ticket) -> None:
    """Who answered without the identifiers of a source that got stuck is asked anew, behind it."""
    searches = _searches(session, ticket)
    order = order_of(session.installation.sources, (row.source for row in searches))
    again = {row.source for row in searches if row.state in tasks.STUCK}
    answered = {row.source: row for row in searches if row.state == TaskState.DONE}
    while behind := {name for name in answered if again & _listens_to(order, name)}:
        again |= behind
        for name in behind:
            _begin_anew(session, ticket, answered.pop(name), TaskState.BLOCKED)


def search_anew(session: Unit, ticket: Ticket) -> None:
    """Every source that was asked is asked once more, in their order, by all that is known now.

    Also whoever is being searched just now: that search is shut out and begins anew.
    """
    for row in _searches(session, ticket):
        if row.state in tasks.OPEN | {TaskState.DONE} and _has_begun(row):
            stays = row.state if row.state in tasks.STUCK else TaskState.BLOCKED
            _begin_anew(session, ticket, row, stays)
    unblock(session, ticket)


def _listens_to(order: SearchOrder, name: str) -> frozenset[str]:
    return order.waits_for[name].union(order.beside(name))


def ask_circle(session: Unit, ticket: Ticket, source: str, kinds: Collection[str]) -> None:
    """Has a source brought new identifiers of these kinds, its circle is asked anew by them.

    Also whoever is being searched just now without them: that search is shut out and begins anew.
    """
    searches = {row.source: row for row in _searches(session, ticket)}
    known = session.installation.sources
    beside = order_of(known, searches).beside(source)
    news = _worth_asking(session, ticket, kinds) if beside else frozenset()
    for name in beside:
        row = searches[name]
        if not known[name].needs.isdisjoint(news) and _has_begun(row):
            stays = row.state if row.state in tasks.STUCK else TaskState.READY
            _begin_anew(session, ticket, row, stays)


def _has_begun(row: Task) -> bool:
    return row.checkpoint is not None or row.state in {TaskState.LEASED, TaskState.DONE}


def _worth_asking(session: Unit, ticket: Ticket, kinds: Collection[str]) -> frozenset[str]:
    """The kinds of which sources have not named too many already."""
    given = (
        select(Identifier.kind, func.count())
        .where(col(Identifier.request_id) == ticket.request_id, col(Identifier.kind).in_(kinds))
        .where(col(Identifier.evidence) == GIVEN)
        .group_by(col(Identifier.kind))
    )
    return frozenset(kind for kind, number in session.exec(given) if number <= MOST_VALUES)


def _searches(session: Unit, ticket: Ticket) -> Sequence[Task]:
    return tasks.of_tickets(session, [ticket.id], kind=TaskKind.SEARCH)


def _begin_anew(session: Unit, ticket: Ticket, row: Task, state: TaskState) -> None:
    """What a source said counts no more: it is searched from the start."""
    pages.forget(session, ticket.id, role=record_pages.RECORDS, source=row.source)
    tasks.begin_anew(session, session.installation.store, row.id, state=state)
    coverage.begin_anew(session, ticket.id, row.source)
