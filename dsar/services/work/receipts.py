"""What a source says it did, kept as it says it: what it did once is not asked of it again.

A source may stop in the midst of a page: it asks for patience, it fails, our own process is told to
stop. The receipts it gave until then are filed, and the checkpoint names the rows they are of, so
that only the rest of the page is asked for when it goes on. Without that a source that lets through
ten changes at a time would be asked for the same ten for ever.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from dsar.domain.reasons import ADAPTER, receipt_reason
from dsar.domain.records import PROOF, Done, Item, Receipt
from dsar.sdk import VERBS, Batch, NeedsHuman
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Installation, Unit, transaction
from dsar.services.ticket.run_task import Run
from dsar.store import pages, tasks
from dsar.store.coverage import line
from dsar.store.effects import settle_effect
from dsar.store.pages import PageRef
from dsar.store.row_states import PageRole
from dsar.store.tickets import locked
from dsar.store.vault import Seal

#: Receipts of a slow source are kept this often, in seconds: a killed process loses no more.
KEEP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class ActPosition:
    """How far a task has acted: the last whole page, and which rows of the next are settled."""

    page: int = 0
    rows: frozenset[int] = frozenset()

    @classmethod
    def of(cls, checkpoint: str | None) -> "ActPosition":
        """The place in a checkpoint: "3", or "3:0-9,12" where part of the next page is done."""
        page, _, spans = (checkpoint or "0").partition(":")
        rows = frozenset(
            row
            for first, _, last in (span.partition("-") for span in spans.split(",") if span)
            for row in range(int(first), int(last or first) + 1)
        )
        return cls(int(page), rows)

    def __str__(self) -> str:
        ordered = enumerate(sorted(self.rows))
        runs = (list(run) for _, run in groupby(ordered, key=lambda pair: pair[1] - pair[0]))
        spans = ((run[0][1], run[-1][1]) for run in runs)
        told = ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in spans)
        return f"{self.page}:{told}" if told else f"{self.page}"


@dataclass(frozen=True, slots=True)
class ReceiptPlace:
    """Where the receipts of one page belong."""

    seal: Seal
    role: PageRole
    round_: int
    sheet: PageRef
    effect: str


@dataclass
class ReceiptIntake:
    """The receipts of one page as they come, for the items of it that are still to be done.

    `rows` are the keys on the page in order; `place` is where the task stood before.
    """

    installation: Installation
    run: Run
    filing: ReceiptPlace
    verb: str
    batch: Batch
    rows: Sequence[str]
    place: ActPosition
    _given: list[Receipt] = field(default_factory=list)
    _kept: int = 0
    _since: float = field(default_factory=time.monotonic)

    def take(self, given: Iterable[Receipt]) -> None:
        """All of them; what came before a failure counts, and the failure goes on."""
        try:
            for receipt in given:
                self._given.append(receipt)
                self.run.check()
                if time.monotonic() - self._since > KEEP_SECONDS:
                    self._keep(self._fitting())
        except Exception:
            self._keep(self._fitting())
            raise
        self._finish(_complete(self.verb, self.batch, self._given))

    def _fitting(self) -> list[Receipt]:
        """Those that prove something by themselves, each of a record that was asked about."""
        wanted = {item.key for item in self.batch.items}
        fits = [one for one in _fits(self.verb, self.batch, self._given) if one.key in wanted]
        told = Counter(receipt.key for receipt in fits)
        return [one for one in fits if told[one.key] == 1 and one.done is not Done.FAILED]

    def _keep(self, receipts: Sequence[Receipt]) -> None:
        """Part of the page, under the fence; the intent stands until the whole of it is done."""
        if len(receipts) > self._kept:
            with transaction(self.installation) as session:
                locked(session, self.run.lease.ticket_id)
                self._write(session, receipts, self._reached(receipts))
            self._kept = len(receipts)
        self._since = time.monotonic()

    def _finish(self, receipts: Sequence[Receipt]) -> None:
        failed = [receipt for receipt in receipts if receipt.done is Done.FAILED]
        if failed:
            self._keep(self._fitting())
        with transaction(self.installation) as session:
            locked(session, self.run.lease.ticket_id)
            settle_effect(session, self.run.lease, self.filing.effect, failed=bool(failed))
            if not failed:
                self._write(session, receipts, ActPosition(self.filing.sheet.number))
        if failed:
            why = receipt_reason(failed[0].reason, failed[0].code, otherwise=ADAPTER)
            raise NeedsHuman(
                code="not_done",
                count=len(failed),
                total=len(self.batch.items),
                collection=self.batch.collection,
                why=why,
            )

    def _reached(self, receipts: Iterable[Receipt]) -> ActPosition:
        done = {receipt.key for receipt in receipts}
        rows = {number for number, key in enumerate(self.rows) if key in done}
        return ActPosition(self.place.page, self.place.rows | rows)

    def _write(self, session: Unit, receipts: Sequence[Receipt], reached: ActPosition) -> None:
        before, after = _file(session, self.filing, self.run.lease.ticket_id, receipts)
        if self.filing.role == record_pages.RECEIPTS:
            row = line(session, self.run.lease.ticket_id, self.filing.sheet.source)
            row.done += after - before
            session.add(row)
        new = len(receipts) - self._kept
        store = self.installation.store
        tasks.checkpoint(session, store, self.run.lease, str(reached), done=new)


def _fits(verb: str, batch: Batch, found: Iterable[Receipt]) -> list[Receipt]:
    return [one for one in found if one.collection == batch.collection and one.done in VERBS[verb]]


def _complete(verb: str, batch: Batch, found: Iterable[Receipt]) -> Sequence[Receipt]:
    """Exactly one receipt of this verb for each item, in the batch's order.

    None, two that may contradict each other, one of another collection: that proves nothing.
    """
    fits = _fits(verb, batch, found)
    by_key = {receipt.key: receipt for receipt in fits}
    twice = Counter(receipt.key for receipt in fits) if len(by_key) < len(fits) else Counter()
    missing = [i.key for i in batch.items if i.key not in by_key or twice[i.key] > 1]
    if missing:
        raise NeedsHuman(
            code="unaccounted",
            count=len(missing),
            total=len(batch.items),
            collection=batch.collection,
        )
    return [by_key[item.key] for item in batch.items]


def _file(
    session: Unit, filing: ReceiptPlace, ticket_id: str, receipts: Sequence[Receipt]
) -> tuple[int, int]:
    """Files receipts over those the page has, later ones in the place of earlier; how many of the
    page prove what was asked, before and after."""
    known = _filed(session, filing, ticket_id)
    rows = known | {one.key: record_pages.from_receipt(one) for one in receipts}
    sheet = filing.sheet
    pages.remove(
        session,
        ticket_id,
        role=filing.role,
        round_=filing.round_,
        source=sheet.source,
        number=sheet.number,
    )
    record_pages.write(
        session,
        filing.seal,
        ticket_id,
        role=filing.role,
        round_=filing.round_,
        source=sheet.source,
        number=sheet.number,
        collection=sheet.collection,
        rows=list(rows.values()),
    )
    return _proven(known.values()), _proven(rows.values())


def _filed(session: Unit, filing: ReceiptPlace, ticket_id: str) -> dict[str, Any]:
    """The rows of the page of receipts as it stands, by the key of the record."""
    sheet = filing.sheet
    found = pages.numbered(
        session,
        ticket_id,
        role=filing.role,
        round_=filing.round_,
        source=sheet.source,
        number=sheet.number,
    )
    if found is None:
        return {}
    page_id, sealed = found
    rows = filing.seal.open(sealed, record_pages.bound_to(page_id))
    return {record_pages.receipt_parts(row)[1]: row for row in rows}


def _proven(rows: Iterable[Any]) -> int:
    return sum(record_pages.receipt_parts(row)[0] in PROOF for row in rows)


def still_to_do(
    items: Sequence[Item], rows: Sequence[str], settled: frozenset[int]
) -> Sequence[Item]:
    """The items of a page without those of which it has receipts from this task."""
    if not settled:
        return items
    done = {key for number, key in enumerate(rows) if number in settled}
    return [item for item in items if item.key not in done]


def receipts_of(
    installation: Installation, seal: Seal, sheets: Iterable[PageRef]
) -> Iterator[Receipt]:
    """Every receipt on these pages."""
    for sheet, rows in record_pages.opened(installation, seal, tuple(sheets)):
        for row in rows:
            yield record_pages.to_receipt(sheet.collection, row)
