"""Looks again after acting: a fresh search and a probe by key, and what is left is named."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dsar.config.hours import in_words
from dsar.domain.decision import means_the_same
from dsar.domain.identity import UNUSED, Subject
from dsar.domain.reasons import Reason
from dsar.domain.records import PROOF, Done, Item, Record
from dsar.domain.rights import Right
from dsar.sandbox.checked_pages import PageChecks
from dsar.sdk import Adapter, Batch, Later, NeedsHuman, can
from dsar.services.inquiries.desk import desk_for
from dsar.services.runtime import record_pages, seals
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.ticket.deferral import OwnWait
from dsar.services.ticket.run_task import Run, finishing
from dsar.services.ticket.working_hours import local_now
from dsar.store import pages, tasks
from dsar.store.coverage import line
from dsar.store.engine import add_once
from dsar.store.pages import PageRef
from dsar.store.tables import Suppression, Ticket
from dsar.store.tasks import Lease
from dsar.store.tickets import identifiers, locked
from dsar.store.vault import Seal

Place = tuple[str, str]

#: So often a source is looked at while it settles, and seconds between two looks at least.
LOOKS, SHORTEST_LOOK = 6, 5.0


def look_again(installation: Installation, run: Run) -> None:
    """The `look_again` task: counts what a fresh search still finds of what was to be changed."""
    source = run.lease.source
    with reading(installation) as session:
        ticket = session.get_one(Ticket, run.lease.ticket_id)
        subject = seals.subject_of(session, ticket)
        right, round_ = ticket.right, ticket.round
        manifest, receipts = (
            pages.refs(session, ticket.id, role=role, round_=round_, source=source)
            for role in (record_pages.MANIFEST, record_pages.RECEIPTS)
        )
    seal = record_pages.seal_for(installation, run.lease.ticket_id)
    with installation.sources[source].open(desk_for(installation, run.lease)) as adapter:
        done = _done(installation, seal, manifest, receipts)
        look = SecondSearch(installation, run, adapter, seal, *_resume(seal, run.lease))
        if right.spec.looked_for_again and not look.searched:
            before = _before(installation, seal, run.lease.ticket_id, source, done)
            look.search(subject, lambda record: _left_over(record, done, before))
        if right is Right.ERASURE and can(adapter, "probe"):
            look.probe(receipts)
    if look.residue:
        _let_settle(installation, run)
    _finish(run, look.residue, erased=right is Right.ERASURE)


def _let_settle(installation: Installation, run: Run) -> None:
    """What is still there may be there for a while yet, where a source shows changes late.

    It is looked at anew until the time the source is given is over. Raises OwnWait.
    """
    source = installation.sources[run.lease.source]
    with reading(installation) as session:
        acted_at = tasks.task(session, run.lease.task_id).created_at
        left = source.settle - (session.now() - acted_at).total_seconds()
    if left <= 0:
        return
    wait = min(left, max(source.settle / LOOKS, SHORTEST_LOOK))
    when = (local_now(installation) + timedelta(seconds=wait)).strftime("%Y-%m-%d %H:%M:%S")
    with transaction(installation) as session:
        locked(session, run.lease.ticket_id)
        tasks.checkpoint(session, installation.store, run.lease, None)
    raise OwnWait(code="settling", wait=wait, period=in_words(source.settle), at=when)


@dataclass
class SecondSearch:
    """One look, as far as it has come: a source that asks for patience goes on where it stood.

    `at` is where the search goes on, `page` the last page of receipts that was probed, `answered`
    the keys of the next one that were.
    """

    installation: Installation
    run: Run
    adapter: Adapter
    seal: Seal
    at: str | None = None
    residue: int = 0
    searched: bool = False
    page: int = 0
    answered: list[str] = field(default_factory=list)

    def search(self, subject: Subject, left_over: Callable[[Record], bool]) -> None:
        """A fresh search for the person: what was to be changed and was not is counted."""
        source = self.installation.sources[self.run.lease.source]
        before, behind = self.at, 0  # what the mark does not stand behind yet is counted anew
        try:
            if any(subject.values(kind) for kind in self.adapter.identifies_by):
                checks = PageChecks(source.name, source.limits)
                for page in checks.pages(self.adapter, self.adapter.find(subject, self.at)):
                    self.run.check()
                    behind += sum(map(left_over, page.records))
                    if page.checkpoint is not None:
                        self.at, self.residue, behind = page.checkpoint, self.residue + behind, 0
        except Later as later:
            self.at = later.checkpoint or self.at
            self._remember(moved=self.at != before)
            raise
        self.searched, self.residue = True, self.residue + behind

    def probe(self, sheets: tuple[PageRef, ...]) -> None:
        """What receipts call erased is asked for by key."""
        page, known = self.page, len(self.answered)
        try:
            for sheet, rows in record_pages.opened(self.installation, self.seal, sheets):
                if sheet.number > self.page:
                    self.run.check()
                    self._probe_page(sheet, rows)
                    self.page, self.answered = sheet.number, []
        except Later:
            self._remember(moved=(page, known) != (self.page, len(self.answered)))
            raise

    def _probe_page(self, sheet: PageRef, rows: list[Any]) -> None:
        parts = map(record_pages.receipt_parts, rows)
        keys = {key for done, key, _ in parts if done == Done.ERASED} - {*self.answered}
        if not keys:
            return
        batch = Batch(sheet.collection, [Item(key) for key in sorted(keys)], "probe")
        for receipt in self.adapter.probe(batch):  # type: ignore[attr-defined]
            if receipt.key in keys:
                keys.discard(receipt.key)
                self.answered.append(receipt.key)
                self.residue += receipt.done is not Done.MISSING
        if keys:
            told = {"title": self.adapter.title, "collection": batch.collection}
            raise NeedsHuman(code="probe_unaccounted", **told)

    def _remember(self, *, moved: bool) -> None:
        """Nothing is asked a second time, and a job started over there not started again."""
        if not moved:
            return
        lease = self.run.lease
        told = [self.at, self.residue, self.searched, self.page, self.answered]
        saved = base64.b64encode(self.seal.close(told, f"checkpoint {lease.task_id}")).decode()
        with transaction(self.installation) as session:
            locked(session, lease.ticket_id)
            tasks.checkpoint(session, self.installation.store, lease, saved)


def _finish(run: Run, residue: int, *, erased: bool) -> None:
    """The line keeps the outcome that acting gave it; what is left over stands beside it."""
    with finishing(run) as (session, ticket):
        row = line(session, ticket.id, run.lease.source)
        row.residue = residue
        row.reason = Reason("still_there", {"count": residue}) if residue else None
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


def _done(
    installation: Installation,
    seal: Seal,
    manifest: tuple[PageRef, ...],
    receipts: tuple[PageRef, ...],
) -> dict[Place, Item]:
    """What the source proved it did. The rest is expected to be there: what it said it keeps, and
    what a hold kept from being asked for."""
    items = _items(installation, seal, manifest)
    proven = (
        (sheet.collection, key)
        for sheet, rows in record_pages.opened(installation, seal, receipts)
        for done, key, _ in map(record_pages.receipt_parts, rows)
        if done in PROOF
    )
    return {place: items[place] for place in proven if place in items}


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


def _resume(seal: Seal, lease: Lease) -> list[Any]:
    """What `Look` remembered of an earlier attempt."""
    if lease.checkpoint is None:
        return []
    told: list[Any] = seal.open(base64.b64decode(lease.checkpoint), f"checkpoint {lease.task_id}")
    return told


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


def _suppress(session: Unit, ticket: Ticket, run: Run) -> None:
    """Remembers, by keyed hash only, whose data must not come back with a restored backup."""
    proven = (row for row in identifiers(session, ticket.request_id) if row.evidence not in UNUSED)
    for row in proven:
        now = session.now()
        erased = Suppression(kind=row.kind, blind=row.blind, ticket_id=ticket.id, at=now)
        add_once(session, run.installation.store, erased, same=("kind", "blind"))
