"""Asks one source for a person's records, page by page, so that a crash resumes where it stood."""

import base64
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import TaskKind
from dsar.domain.reasons import Reason
from dsar.sandbox.checked_pages import LimitReached, PageChecks
from dsar.sdk import Later, Page
from dsar.services.inquiries.desk import desk_for
from dsar.services.runtime import record_pages, seals
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.ticket import owed_tasks
from dsar.services.ticket.facts import marketing_only
from dsar.services.ticket.run_task import Run, finishing
from dsar.services.ticket.search_order import ask_circle
from dsar.services.work import attachments
from dsar.services.work.attachments import AttachmentIntake
from dsar.services.work.found_identifiers import IdentifierCheck, learn
from dsar.store import pages, tasks
from dsar.store.coverage import line
from dsar.store.tables import Ticket
from dsar.store.tasks import Lease
from dsar.store.tickets import locked, request_of
from dsar.store.vault import Seal


def search(installation: Installation, run: Run) -> None:
    """The `search` task of one source: its records sealed, its coverage line told."""
    lease = run.lease
    with reading(installation) as session:
        ticket = session.get_one(Ticket, lease.ticket_id)
        subject = seals.subject_of(session, ticket)
        seal = seals.seal_of(session, request_of(session, ticket))
        files = ticket.right.spec.handed is not None
    at, number = _resume(seal, lease)
    source = installation.sources[lease.source]
    with source.open(desk_for(installation, lease)) as adapter:
        usable = any(subject.values(kind) for kind in adapter.identifies_by)
        checks = PageChecks(source.name, source.limits, records=lease.done)
        found = adapter.find(subject, at) if usable else iter(())
        collecting = (
            attachments.AttachmentIntake(installation, run, seal, adapter, checks)
            if files
            else None
        )
        intake = _Intake(
            installation, run, seal, number, IdentifierCheck(installation, run, seal), collecting
        )
        with closing(_let_go(checks.pages(adapter, found), found)) as passed:
            intake.take(passed)
    lacks = None if usable else adapter.identifies_by
    _finish(run, seal, intake.last, intake.number, lacks=lacks)


def _let_go(passed: Iterator[Page], found: Iterator[Page]) -> Generator[Page, None, None]:
    """A search that is broken off lets go at once of what it holds at the source."""
    try:
        yield from passed
    finally:
        close = getattr(found, "close", None)
        if close:
            close()


@dataclass
class _Intake:
    """Takes pages in; the last one is kept together with the end of the task."""

    installation: Installation
    run: Run
    seal: Seal
    number: int
    examining: IdentifierCheck
    files: AttachmentIntake | None = None
    last: Page | None = None

    def take(self, found: Iterator[Page]) -> None:
        try:
            for page in found:
                if self.last is not None:
                    self.run.check()
                    self._keep(self.last, self.last.checkpoint)
                    self.last = None
                self.examining.examine(page)
                if self.files is not None:
                    self.files.keep(page)
                self.last = page
        except Later as later:
            # A page that was given is kept: a busy source may give no second one in the same run.
            last = self.last.checkpoint if self.last is not None else None
            self._remember(later.checkpoint or last)
            raise
        except LimitReached:
            if self.last is not None and self.last.checkpoint is not None:
                self._remember(self.last.checkpoint)
            raise

    def _remember(self, checkpoint: str | None) -> None:
        """Where the source wants to be asked on; None leaves it at what was kept."""
        if checkpoint is not None:
            self._keep(self.last or Page(()), checkpoint)

    def _keep(self, page: Page, checkpoint: str | None) -> None:
        """One page and the checkpoint behind it, in one fenced transaction."""
        lease, store = self.run.lease, self.installation.store
        with transaction(self.installation) as session:
            ticket = locked(session, lease.ticket_id)
            self.number = _write(
                session, self.seal, ticket, run=self.run, page=page, number=self.number
            )
            saved = _mark(self.seal, lease, checkpoint, self.number)
            tasks.checkpoint(session, store, lease, saved, done=len(page.records))


def _resume(seal: Seal, lease: Lease) -> tuple[str | None, int]:
    if lease.checkpoint is None:
        return None, 0
    at, number = seal.open(base64.b64decode(lease.checkpoint), _place(lease))
    return at, number


def _mark(seal: Seal, lease: Lease, at: str | None, number: int) -> str:
    """A checkpoint, sealed: a source's mark may hold the key of a record, and that a name."""
    return base64.b64encode(seal.close([at, number], _place(lease))).decode()


def _place(lease: Lease) -> str:
    return f"checkpoint {lease.task_id}"


def _write(session: Unit, seal: Seal, ticket: Ticket, *, run: Run, page: Page, number: int) -> int:
    for collection, group in groupby(page.records, key=lambda record: record.collection):
        number += 1
        record_pages.write(
            session,
            seal,
            ticket.id,
            role=record_pages.RECORDS,
            round_=1,
            source=run.lease.source,
            number=number,
            collection=collection,
            rows=[record_pages.from_record(record) for record in group],
        )
    if new := learn(session, seal, ticket, run.lease.source, page):
        ask_circle(session, ticket, run.lease.source, new)
    return number


def _finish(
    run: Run, seal: Seal, last: Page | None, number: int, *, lacks: tuple[str, ...] | None
) -> None:
    """What came of a source, told; `lacks` are the kinds by which it could not be asked, if so."""
    with finishing(run) as (session, ticket):
        if last is not None:
            _write(session, seal, ticket, run=run, page=last, number=number)
            session.flush()
        row = line(session, ticket.id, run.lease.source)
        sheets = pages.refs(session, ticket.id, role=record_pages.RECORDS, source=run.lease.source)
        row.found = sum(sheet.count for sheet in sheets)
        row.outcome = Outcome.OPEN if row.found else Outcome.NOTHING_HELD
        row.searched_at, row.reason = session.now(), None
        if lacks is not None:
            row.outcome, row.searched_at = Outcome.NOT_ASKED, None
            row.reason = Reason("no_identifier", {"kinds": list(lacks)})
        session.add(row)
        if row.found and _restricts_at_once(session, ticket, run.lease.source):
            key = str(run.lease.fence)  # a source asked anew may hold more to be restricted
            owed_tasks.enqueue(
                session, ticket, TaskKind.RESTRICT_NOW, source=run.lease.source, key=key
            )


def _restricts_at_once(session: Unit, ticket: Ticket, source: str) -> bool:
    """Contested accuracy and a general objection restrict before anybody decides (Art. 18(1))."""
    return (
        ticket.right.spec.restricts_at_once
        and session.installation.sources[source].can("restrict")
        and not marketing_only(session, ticket)
    )
