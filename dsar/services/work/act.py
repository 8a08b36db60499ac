"""Acts in one source from the frozen manifest, never twice, and looks again afterwards.

Each page: intent (lease renewed, fence checked) → the source acts → receipts and checkpoint. What
is without a receipt then is unknown: repeated only where the adapter says that is harmless, else
probed, else shown to a person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from dsar.domain.decision import Case, stopped
from dsar.domain.reasons import HOLD_IN_FORCE
from dsar.domain.records import PROOF, WEAK, Done, Item, Receipt
from dsar.domain.rights import Right
from dsar.sdk import Adapter, Batch, NeedsHuman, can
from dsar.services import letters
from dsar.services.inquiries.desk import desk_for
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket import outcomes
from dsar.services.ticket.run_task import Run, finishing
from dsar.services.work.cases import case_of, held
from dsar.services.work.receipts import ActPosition, ReceiptIntake, ReceiptPlace, still_to_do
from dsar.store import pages
from dsar.store.effects import EffectBefore, intend
from dsar.store.pages import PageRef
from dsar.store.row_states import PageRole
from dsar.store.tables import Ticket
from dsar.store.tickets import locked
from dsar.store.vault import Seal

#: Roles of pages: receipts of what was restricted at once, and of restrictions that have ended.


@dataclass(frozen=True, slots=True)
class SourceAct:
    """What one task asks of one source: the verb, the pages, the purposes to stop by collection.

    `spared` are the (collection, key) that stay as they are.
    """

    verb: str
    sheets: tuple[PageRef, ...]
    purposes: dict[str, tuple[str, ...]]
    seal: Seal
    round_: int
    role: PageRole = record_pages.RECEIPTS
    spared: frozenset[tuple[str, str]] = frozenset()


def act(installation: Installation, run: Run) -> None:
    """The `act` task: every page of the manifest once, then the coverage line."""
    job = _job(installation, run)
    with installation.sources[run.lease.source].open(desk_for(installation, run.lease)) as adapter:
        walk(installation, run, job, adapter)
    with finishing(run) as (session, ticket):
        outcomes.tell(session, ticket, run.lease.source)


def restrict_now(installation: Installation, run: Run) -> None:
    """The `restrict_now` task: what a source holds is restricted while it is being decided."""
    with reading(installation) as session:
        ticket = session.get_one(Ticket, run.lease.ticket_id)
        source = run.lease.source
        found = pages.refs(session, ticket.id, role=record_pages.RECORDS, source=source)
        case = case_of(session, ticket)
    seal = record_pages.seal_for(installation, run.lease.ticket_id)
    others = _not_surely_theirs(installation, seal, case, run)
    job = SourceAct("restrict", found, {}, seal, 1, PageRole.RESTRICTIONS, others)
    with installation.sources[run.lease.source].open(desk_for(installation, run.lease)) as adapter:
        walk(installation, run, job, adapter)
    with finishing(run) as (session, ticket):
        letters.queue_once(session, ticket, kind="restricted_at_once")


def _not_surely_theirs(
    installation: Installation, seal: Seal, case: Case, run: Run
) -> frozenset[tuple[str, str]]:
    """What a person must look at first: nobody else's record is touched, not even for a while."""
    source = run.lease.source
    found = record_pages.records(installation, seal, run.lease.ticket_id, source)
    return frozenset(
        (record.collection, record.key)
        for record in found
        if record.match in WEAK or record.shared or case.is_somebody_elses(source, record)
    )


def _job(installation: Installation, run: Run) -> SourceAct:
    with reading(installation) as session:
        ticket = session.get_one(Ticket, run.lease.ticket_id)
        source = run.lease.source
        sheets = pages.refs(
            session, ticket.id, role=record_pages.MANIFEST, round_=ticket.round, source=source
        )
        case = case_of(session, ticket)
        purposes = {
            sheet.collection: tuple(a.id for a in stopped(case, source, sheet.collection))
            for sheet in sheets
        }
        verb, round_ = ticket.right.spec.verb, ticket.round
    return SourceAct(verb, sheets, purposes, record_pages.seal_for(installation, ticket.id), round_)


def walk(installation: Installation, run: Run, job: SourceAct, adapter: Adapter) -> None:
    """Every page of a job once, from the task's checkpoint on."""
    if job.sheets and not can(adapter, job.verb):
        raise NeedsHuman(code="cannot_here", title=adapter.title, verb=job.verb)
    place = ActPosition.of(run.lease.checkpoint)
    for sheet in job.sheets:
        if sheet.number > place.page:
            run.check()
            _one_page(installation, run, job, sheet, adapter=adapter, place=place)
            place = ActPosition(sheet.number)


def _one_page(
    installation: Installation,
    run: Run,
    job: SourceAct,
    sheet: PageRef,
    *,
    adapter: Adapter,
    place: ActPosition,
) -> None:
    key = record_pages.mark(
        [run.lease.ticket_id, run.lease.kind, sheet.source, run.lease.key, sheet.id]
    )
    with transaction(installation) as session:
        _refuse_held(session, locked(session, run.lease.ticket_id), job)
        standing = intend(
            session, installation.store, run.lease, key, number=sheet.number, sheet=sheet.digest
        )
    if standing is EffectBefore.DONE:
        return
    rows = record_pages.rows(installation, job.seal, sheet)
    keys = [_KEYS[job.role](row) for row in rows]
    items = still_to_do(_ITEMS[job.role](job, sheet, rows), keys, place.rows)
    batch = Batch(sheet.collection, items, key, job.purposes.get(sheet.collection, ()))
    filing = ReceiptPlace(job.seal, job.role, job.round_, sheet, key)
    taking = ReceiptIntake(installation, run, filing, job.verb, batch, keys, place)
    taking.take(_receipts(adapter, job.verb, batch, standing) if items else ())


def _refuse_held(session: Session, ticket: Ticket, job: SourceAct) -> None:
    """A hold placed after the approval still stands against erasing (Art. 17(3)(e))."""
    if job.verb == Right.ERASURE.spec.verb and held(session, ticket):
        raise NeedsHuman(code=HOLD_IN_FORCE.code)


def _freed(job: SourceAct, sheet: PageRef, rows: list[Any]) -> list[Item]:
    """What its receipt calls restricted and nothing else still restricts."""
    parts = map(record_pages.receipt_parts, rows)
    keys = [key for done, key, _ in parts if done == Done.RESTRICTED]
    return [Item(key) for key in keys if (sheet.collection, key) not in job.spared]


#: What stands on a job's pages, by the role of the receipts it writes: records, manifest, receipts.
_ITEMS: dict[str, Callable[[SourceAct, PageRef, list[Any]], list[Item]]] = {
    PageRole.RESTRICTIONS: lambda job, sheet, rows: [
        Item(row[0]) for row in rows if (sheet.collection, row[0]) not in job.spared
    ],
    record_pages.RECEIPTS: lambda _job, _sheet, rows: [record_pages.to_item(row) for row in rows],
    PageRole.LIFTED: _freed,
}


#: The key of the record a row of such a page is about.
_KEYS: dict[str, Callable[[Any], str]] = {
    PageRole.RESTRICTIONS: record_pages.key_of,
    record_pages.RECEIPTS: record_pages.key_of,
    PageRole.LIFTED: lambda row: record_pages.receipt_parts(row)[1],
}


def _receipts(
    adapter: Adapter, verb: str, batch: Batch, standing: EffectBefore
) -> Iterable[Receipt]:
    if standing is EffectBefore.UNKNOWN and not adapter.repeatable:
        return _probed(adapter, batch)
    given: Iterable[Receipt] = getattr(adapter, verb)(batch)
    return given


def _probed(adapter: Adapter, batch: Batch) -> list[Receipt]:
    if not can(adapter, "probe"):
        raise NeedsHuman(code="interrupted")
    found: list[Receipt] = list(adapter.probe(batch))  # type: ignore[attr-defined]
    if all(receipt.done in PROOF for receipt in found):
        return found
    raise NeedsHuman(code="interrupted_half_way")
