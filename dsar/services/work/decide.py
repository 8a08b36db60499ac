"""Applies the policy to everything that was found: coverage, doubts and the frozen manifest."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from dsar.domain.coverage import Outcome, kept_row
from dsar.domain.decision import NOT_PORTABLE, Case, Doubt, KeptBecause, decide_record
from dsar.domain.reasons import Reason
from dsar.domain.records import Record
from dsar.domain.regimes.grounds import NOT_THIS_PERSON
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Installation, Unit, reading
from dsar.services.ticket.run_task import Run, finishing
from dsar.services.work.cases import case_of
from dsar.store.coverage import lines
from dsar.store.tables import CoverageLine, Ticket
from dsar.store.tickets import request_of
from dsar.store.vault import Seal

#: Manifest items on one page: what a source is asked to do in one transaction.
BATCH = 5000


@dataclass
class Tally:
    """What the policy decided for one source."""

    handed: int = 0
    kept: Counter[tuple[str, KeptBecause]] = field(default_factory=Counter)
    doubts: Counter[tuple[str, Doubt]] = field(default_factory=Counter)
    items: dict[str, list[list[Any]]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)

    def add(self, case: Case, source: str, record: Record) -> None:
        """Counts what comes of one record."""
        sifted = decide_record(case, source, record)
        place = record.collection
        for ground in sifted.kept:
            self.kept[(place, ground)] += 1
        for doubt in sifted.doubts:
            self.doubts[(place, doubt)] += 1
        if record.subject is not None and case.ruling(source, record) is None:
            self.people.add(record.subject)
        if sifted.item is not None:
            self.items.setdefault(place, []).append(record_pages.from_item(sifted.item))
        if sifted.record is not None:
            self.handed += 1


def decide(installation: Installation, run: Run) -> None:
    """The `decide` task: reads every record once, then writes what follows in one transaction."""
    with reading(installation) as session:
        ticket = session.get_one(Ticket, run.lease.ticket_id)
        case = case_of(session, ticket)
        seal = installation.vault.open_key(ticket.request_id, request_of(session, ticket).data_key)
        found = [line.source for line in lines(session, ticket.id) if line.found]
    tallies = {source: _tally(installation, run, seal, case, source) for source in found}
    with finishing(run) as (session, ticket):
        if run.lease.key == str(ticket.round):  # else staff ruled meanwhile: a newer task decides
            _write_down(session, seal, ticket, case, tallies)


def _tally(installation: Installation, run: Run, seal: Seal, case: Case, source: str) -> Tally:
    tally = Tally()
    for number, record in enumerate(
        record_pages.records(installation, seal, run.lease.ticket_id, source)
    ):
        if number % 1000 == 0:
            run.check()
        tally.add(case, source, record)
    return tally


def _write_down(
    session: Unit, seal: Seal, ticket: Ticket, case: Case, tallies: Mapping[str, Tally]
) -> None:
    doubts: list[dict[str, Any]] = []
    for row in lines(session, ticket.id):
        tally = tallies.get(row.source)
        if tally is None:
            continue
        _write_manifest(session, seal, ticket, case, source=row.source, tally=tally)
        _write_line(row, tally, acting=case.right.spec.acts)
        session.add(row)
        doubts += list(_doubts(row, tally))
    ticket.doubts = doubts
    ticket.decided_at = session.now()
    ticket.policy_version = case.policy.version
    session.add(ticket)


def _write_line(row: CoverageLine, tally: Tally, *, acting: bool) -> None:
    row.kept = [
        kept_row(place, count, one.name, one.because, until=one.until, part=one.part)
        for (place, one), count in tally.kept.items()
    ]
    row.done = 0 if acting else tally.handed
    if row.outcome == Outcome.COULD_NOT:
        return
    row.outcome = _outcome(tally, acting=acting)
    row.reason = Reason("not_concerned") if row.outcome == Outcome.NOT_IN_SCOPE else None


def _outcome(tally: Tally, *, acting: bool) -> Outcome:
    if acting and tally.items:
        return Outcome.OPEN
    if _of_others_alone(tally):
        return Outcome.NOTHING_HELD
    if any(ground != NOT_PORTABLE for _, ground in tally.kept):
        return Outcome.WITHHELD
    return Outcome.SUPPLIED if tally.handed else Outcome.NOT_IN_SCOPE


def _of_others_alone(tally: Tally) -> bool:
    """Whether staff ruled of every record that it is not this person's: then theirs is nothing."""
    grounds = {(one.name, one.because.code) for _, one in tally.kept}
    return grounds == {(NOT_THIS_PERSON, "ruled")} and not (tally.handed or tally.doubts)


def _doubts(row: CoverageLine, tally: Tally) -> Iterator[dict[str, Any]]:
    for (place, doubt), count in tally.doubts.items():
        spot = f"{row.source}.{place}" + (f".{doubt.field}" if doubt.field else "")
        reason = Reason(doubt.code, {"place": spot, "count": count, "why": doubt.why or ""})
        yield reason.as_json() | {"place": spot, "blocks": doubt.blocks}
    if len(tally.people) > 1:
        reason = Reason("several_people", {"place": row.source, "count": len(tally.people)})
        yield reason.as_json() | {"place": row.source, "blocks": True}


def _write_manifest(
    session: Session, seal: Seal, ticket: Ticket, case: Case, *, source: str, tally: Tally
) -> None:
    """The items in the order in which they are acted on: what refers goes first."""
    number = 0
    for collection in reversed(_order(case, source, tally.items)):
        rows = tally.items[collection]
        for start in range(0, len(rows), BATCH):
            number += 1
            record_pages.write(
                session,
                seal,
                ticket.id,
                role=record_pages.MANIFEST,
                round_=ticket.round,
                source=source,
                number=number,
                collection=collection,
                rows=rows[start : start + BATCH],
            )


def _order(case: Case, source: str, items: Mapping[str, Sequence[Any]]) -> list[str]:
    known = [name for name in case.dictionaries.get(source, {}) if name in items]
    return known + [name for name in items if name not in known]
