"""Looks again after acting: a fresh search and a probe by key, and what is left is named."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from dsar.domain.decision import means_the_same
from dsar.domain.identity import UNUSED, Subject
from dsar.domain.records import Done, Item, Record
from dsar.domain.rights import Right
from dsar.sandbox.checked_pages import PageChecks
from dsar.sdk import Adapter, Batch, Later, NeedsHuman, can
from dsar.services.inquiries.desk import desk_for
from dsar.services.runtime import record_pages, seals
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.runtime.record_pages import PageRef
from dsar.services.ticket.run_task import Run, finishing
from dsar.store import tasks
from dsar.store.engine import add_once
from dsar.store.tables import Suppression, Ticket
from dsar.store.tasks import Lease
from dsar.store.tickets import identifiers, line, locked
from dsar.store.vault import Seal

Place = tuple[str, str]


def look_again(installation: Installation, run: Run) -> None:
    """The `look_again` task: counts what a fresh search still finds of what was to be changed."""
    source = run.lease.source
    with reading(installation) as session:
        ticket = session.get_one(Ticket, run.lease.ticket_id)
        subject = seals.subject_of(session, ticket)
        right, round_ = Right(ticket.right), ticket.round
        manifest, receipts = (
            record_pages.sheets(session, ticket.id, role=role, round_=round_, source=source)
            for role in (record_pages.MANIFEST, record_pages.RECEIPTS)
        )
    seal = record_pages.seal_for(installation, run.lease.ticket_id)
    with installation.sources[source].open(desk_for(installation, run.lease)) as adapter:
        items = _items(installation, seal, manifest)
        kept = _kept(installation, seal, receipts)
        residue = 0
        if right in {Right.ERASURE, Right.RECTIFICATION}:
            before = _before(installation, seal, run.lease.ticket_id, source, items)
            expected = {place: item for place, item in items.items() if place not in kept}
            checks = PageChecks(source, installation.sources[source].limits)
            at, residue = _resume(seal, run.lease)
            try:
                for record in _found(run, adapter, subject, checks, at):
                    residue += _left_over(record, expected, before)
            except Later as later:
                _remember(installation, run, seal, later.checkpoint, residue)
                raise
        if right is Right.ERASURE:
            residue += _still_there(run, adapter, installation, seal, receipts)
    _finish(run, residue, erased=right is Right.ERASURE)


def _finish(run: Run, residue: int, *, erased: bool) -> None:
    """The line keeps the outcome that acting gave it; what is left over stands beside it."""
    with finishing(run) as (session, ticket):
        row = line(session, ticket.id, run.lease.source)
        row.residue = residue
        left = f"{residue} records were still there when we looked again."
        row.reason = left if residue else ""
        session.add(row)
        if erased and not residue:
            _suppress(session, ticket, run)


def _items(
    installation: Installation, seal: Seal, sheets: tuple[PageRef, ...]
) -> dict[Place, Item]:
    return {
        (sheet.collection, item.key): item
        for sheet, rows in record_pages.opened(installation, seal, sheets)
        for item in map(record_pages.to_item, rows)
    }


def _kept(installation: Installation, seal: Seal, sheets: tuple[PageRef, ...]) -> frozenset[Place]:
    """What the source said it keeps is expected to be there."""
    return frozenset(
        (sheet.collection, key)
        for sheet, rows in record_pages.opened(installation, seal, sheets)
        for done, key, _ in map(record_pages.receipt_parts, rows)
        if done == Done.KEPT
    )


def _before(
    installation: Installation, seal: Seal, ticket_id: str, source: str, items: Mapping[Place, Item]
) -> dict[Place, Mapping[str, Any]]:
    """What stood in the fields that were to be erased, of records only partly erased."""
    if not any(item.fields for item in items.values()):
        return {}
    return {
        (record.collection, record.key): {name: record.data.get(name) for name in item.fields}
        for record in record_pages.records(installation, seal, ticket_id, source)
        if (item := items.get((record.collection, record.key))) is not None and item.fields
    }


def _left_over(
    record: Record, expected: Mapping[Place, Item], before: Mapping[Place, Mapping[str, Any]]
) -> bool:
    """Whether the record was to be changed and was not."""
    place = (record.collection, record.key)
    return place in expected and _unchanged(record, expected[place], before.get(place, {}))


def _resume(seal: Seal, lease: Lease) -> tuple[str | None, int]:
    """Where a source that answers later is asked on, and what was left over until then."""
    if lease.checkpoint is None:
        return None, 0
    at, residue = seal.open(base64.b64decode(lease.checkpoint), f"checkpoint {lease.task_id}")
    return at, residue


def _remember(
    installation: Installation, run: Run, seal: Seal, at: str | None, residue: int
) -> None:
    """A job the source started for this look is asked after, not started again each time."""
    if at is None:
        return
    saved = base64.b64encode(seal.close([at, residue], f"checkpoint {run.lease.task_id}")).decode()
    with transaction(installation) as session:
        locked(session, run.lease.ticket_id)
        tasks.checkpoint(session, installation.store, run.lease, saved)


def _found(
    run: Run, adapter: Adapter, subject: Subject, checks: PageChecks, at: str | None
) -> Iterator[Record]:
    if not any(subject.values(kind) for kind in adapter.identifies_by):
        return
    for page in checks.pages(adapter, adapter.find(subject, at)):
        run.check()
        yield from page.records


def _unchanged(record: Record, item: Item, before: Mapping[str, Any]) -> bool:
    """Whether a record found again shows that the change asked for did not happen."""
    if item.changes:
        return any(
            not means_the_same(record.data.get(name), value) for name, value in item.changes.items()
        )
    if item.fields:
        return any(
            record.data.get(name) not in (None, "") and record.data.get(name) == before.get(name)
            for name in item.fields
        )
    return True


def _still_there(
    run: Run, adapter: Adapter, installation: Installation, seal: Seal, sheets: tuple[PageRef, ...]
) -> int:
    """What receipts call erased is asked for by key, where the adapter can be asked."""
    if not can(adapter, "probe"):
        return 0
    residue = 0
    for sheet, rows in record_pages.opened(installation, seal, sheets):
        run.check()
        keys = [
            key for done, key, _ in map(record_pages.receipt_parts, rows) if done == Done.ERASED
        ]
        if keys:
            residue += _present(adapter, Batch(sheet.collection, [Item(k) for k in keys], "probe"))
    return residue


def _present(adapter: Adapter, batch: Batch) -> int:
    found = list(adapter.probe(batch))  # type: ignore[attr-defined]
    if len(found) != len(batch.items):
        message = (
            f"{adapter.title} did not account for every {batch.collection} it was asked about."
        )
        raise NeedsHuman(message)
    return sum(receipt.done is not Done.MISSING for receipt in found)


def _suppress(session: Unit, ticket: Ticket, run: Run) -> None:
    """Remembers, by keyed hash only, whose data must not come back with a restored backup."""
    proven = (row for row in identifiers(session, ticket.request_id) if row.evidence not in UNUSED)
    for row in proven:
        now = session.now()
        erased = Suppression(kind=row.kind, blind=row.blind, ticket_id=ticket.id, at=now)
        add_once(session, run.installation.store, erased, same=("kind", "blind"))
