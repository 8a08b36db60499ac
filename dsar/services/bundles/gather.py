"""What a bundle is made of, gathered as values and streams, and the record of a finished one."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from dsar.domain.clock import Step
from dsar.domain.coverage import Kept, Line, Outcome
from dsar.domain.decision import Case, decide_record, withheld_files, withheld_values, withholds
from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.policy import Activity
from dsar.domain.records import Attachment, Collection, Receipt, Record, in_language
from dsar.domain.rights import ACTING, COPYING, Right
from dsar.services.bundles.keep import Draft, next_number, note, stow
from dsar.services.law import regimes
from dsar.services.letters import wordings_of
from dsar.services.letters.facts import Cited, cited, phrases
from dsar.services.runtime import record_pages, seals
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, Unit, reading
from dsar.services.runtime.record_pages import PageRef
from dsar.services.ticket.advance import advance
from dsar.services.ticket.run_task import Run, finishing
from dsar.services.work import attachments
from dsar.services.work.act import receipts_of
from dsar.services.work.cases import case_of
from dsar.store.tables import Request, Ticket
from dsar.store.tickets import lines, request_of
from dsar.store.vault import Seal
from dsar.words import Spoken


@dataclass(frozen=True, slots=True)
class Part:
    """One collection of one source, with its stream of records or of receipts."""

    source: str
    source_title: str
    collection: Collection
    activities: tuple[str, ...]
    count: int
    records: Callable[[], Iterator[Record]]
    receipts: Callable[[], Iterator[Receipt]]
    files: Callable[[Record, Attachment], Iterator[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class WithheldFile:
    """A file staff keeps from the person. `place` names its collection.

    `sha256` is that of its bytes where staff ruled on this very file, else None: a logo that hangs
    on a withheld message as on every other is no secret.
    """

    place: str
    name: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that the bundle of one ticket says, without a database behind it but for the streams.

    `withheld` streams what staff keeps from the person, as (field, value), and `withheld_files`
    the files: none of it may be found in the finished bundle.
    """

    ref: str
    right: Right
    outcome: str
    spoken: Spoken
    law: Cited
    received_on: date
    due_on: date
    explanation: tuple[Step, ...]
    clock: dict[str, date]
    identifiers: tuple[tuple[str, str], ...]
    words: str
    details: dict[str, Any]
    cut_off: datetime
    lines: tuple[Line, ...]
    activities: tuple[Activity, ...]
    handed: tuple[Part, ...]
    acted: tuple[Part, ...]
    withheld: Callable[[], Iterator[tuple[str, Any]]]
    withheld_files: Callable[[], Iterator[WithheldFile]]
    policy_version: str
    policy_now: str
    number: int


def gather(installation: Installation, ticket_id: str) -> Gathered:
    """Everything the bundle of a ticket is built from, as it stands now."""
    seal = record_pages.seal_for(installation, ticket_id)
    with reading(installation) as session:
        ticket = session.get_one(Ticket, ticket_id)
        request = request_of(session, ticket)
        case = case_of(session, ticket)
        found = _found(session, installation, ticket, request=request, case=case)
        handed = _handed(session, installation, seal, ticket, case=case, found=found)
        acted = _acted(session, installation, seal, ticket, case=case)
        sources = _sources_of(session, ticket)
        return Gathered(
            **_question(session, installation, ticket, request),
            outcome=_outcome(found),
            cut_off=ticket.decided_at or ticket.created_at,
            lines=found,
            activities=_activities(case, found, handed),
            handed=handed,
            acted=acted,
            withheld=partial(_withheld, installation, seal, case, sources),
            withheld_files=partial(_withheld_files, installation, seal, case, sources, ticket.id),
            policy_version=ticket.policy_version,
            policy_now=case.policy.version,
            number=next_number(session, ticket),
        )


def refuse_changed_policy(gathered: Gathered) -> None:
    """Raises NotAllowed where another policy decided about the copy than the one in force now.

    What the person gets must be what was decided and approved. Where a source was changed instead,
    the receipts are the decision, and the bundle tells them as they are.
    """
    if gathered.right in ACTING or gathered.policy_version == gathered.policy_now:
        return
    message = (
        f"The policy was changed ({gathered.policy_version} → {gathered.policy_now}) after it was "
        f"decided what {gathered.ref} hands over. Have it decided again: "
        f"dsar ticket act {gathered.ref} revise --reason WHY"
    )
    raise NotAllowed(message)


def _question(
    session: Unit, installation: Installation, ticket: Ticket, request: Request
) -> dict[str, Any]:
    zone = ZoneInfo(installation.controller.timezone)
    seal = seals.seal_of(session, request)
    words = seal.open(request.sealed_words, f"words {request.id}") if request.sealed_words else ""
    received_on = request.received_at.astimezone(zone).date()
    right, spoken = Right(ticket.right), installation.spoken(request.language)
    words_of_law = wordings_of(installation).nearest(spoken.tag)
    return {
        "ref": ticket.ref,
        "right": right,
        "spoken": spoken,
        "law": cited(words_of_law, regimes.load(ticket.regime), right),
        "received_on": received_on,
        "due_on": ticket.due_on or ticket.due_at.astimezone(zone).date(),
        "explanation": _explained(ticket),
        "clock": _pictured(ticket),
        "identifiers": seals.subject_of(session, ticket).pairs(),
        "words": words,
        "details": seals.details_of(session, ticket),
    }


def _pictured(ticket: Ticket) -> dict[str, date]:
    """The dates a person is shown: an extension only where one was notified."""
    names = ["received", "due", *(["effective_due"] if ticket.clock.get("extension_valid") else [])]
    found = {name: ticket.clock.get(name) for name in names}
    return {name: date.fromisoformat(day) for name, day in found.items() if day}


def _explained(ticket: Ticket) -> tuple[Step, ...]:
    """The whole derivation of the due date; the report tells what of it moved the day."""
    return tuple(Step(**step) for step in ticket.clock.get("explanation", ()))


def line_value(row: Any) -> Line:
    """A coverage row as the domain's value."""
    return Line(
        source=row.source,
        title=row.title,
        outcome=Outcome(row.outcome),
        found=row.found,
        done=row.done,
        kept=tuple(
            Kept(
                entry["collection"],
                entry["count"],
                entry["ground"],
                entry["because"],
                date.fromisoformat(entry["until"]) if entry["until"] else None,
                part=entry.get("part", ""),
            )
            for entry in row.kept
        ),
        reason=row.reason,
        residue=row.residue,
        searched_at=row.searched_at,
    )


def _found(
    session: Unit, installation: Installation, ticket: Ticket, *, request: Request, case: Case
) -> tuple[Line, ...]:
    """The ledger in the person's language: what collections are called, why something was kept."""
    spoken = installation.spoken(request.language)
    words = wordings_of(installation).nearest(spoken.tag)
    known = phrases(words, regimes.load(ticket.regime), case.policy)
    found = []
    for line in map(line_value, lines(session, ticket.id)):
        titles = case.dictionaries.get(line.source, {})
        kept = tuple(
            replace(one, because=words.put(one.because, known),
                    title=_title(titles.get(one.collection), spoken.tag))
            for one in line.kept
        )  # fmt: skip
        found.append(replace(line, kept=kept, reason=words.put(line.reason, known)))
    return tuple(found)


def _title(collection: Collection | None, language: str) -> str:
    return in_language(collection.title, language) if collection is not None else ""


def _outcome(found: tuple[Line, ...]) -> str:
    """The outcome the bundle announces: what the ticket will become when it is delivered."""
    proven = all(line.proven for line in found)
    return "fulfilled" if proven else "partly_fulfilled"


def _handed(
    session: Session,
    installation: Installation,
    seal: Seal,
    ticket: Ticket,
    *,
    case: Case,
    found: tuple[Line, ...],
) -> tuple[Part, ...]:
    if case.right not in COPYING | {Right.AUTOMATED_DECISION_REVIEW}:
        return ()
    parts = []
    every = record_pages.sheets(session, ticket.id, role=record_pages.RECORDS)
    for line in found:
        mine = tuple(sheet for sheet in every if sheet.source == line.source)
        counts, attached = _counted(installation, seal, case, line.source, mine)
        for name, count in counts.items():
            sheets = tuple(sheet for sheet in mine if sheet.collection == name)
            stream = partial(_sifted, installation, seal, case, line.source, sheets)
            part = _part(case, line.source, line.title, name, count, records=stream)
            opening = (
                partial(_file, installation, ticket.id, line.source) if name in attached else None
            )
            parts.append(replace(part, files=opening))
    return tuple(parts)


def _counted(
    installation: Installation, seal: Seal, case: Case, source: str, sheets: tuple[PageRef, ...]
) -> tuple[Counter[str], set[str]]:
    """How many records of each collection are handed over, and which collections have files."""
    found: Counter[str] = Counter()
    attached = set()
    for record in _sifted(installation, seal, case, source, sheets):
        found[record.collection] += 1
        if record.attachments:
            attached.add(record.collection)
    return found, attached


def _file(
    installation: Installation, ticket_id: str, source: str, record: Record, attachment: Attachment
) -> Iterator[bytes]:
    return attachments.open(
        installation, ticket_id, source, record.collection, record.key, attachment.reference
    )


def _sifted(
    installation: Installation, seal: Seal, case: Case, source: str, sheets: tuple[PageRef, ...]
) -> Iterator[Record]:
    for record in record_pages.records_on(installation, seal, sheets):
        sifted = decide_record(case, source, record)
        if sifted.record is not None:
            yield sifted.record


def _sources_of(session: Session, ticket: Ticket) -> dict[str, tuple[PageRef, ...]]:
    """The pages of records of each source."""
    every = record_pages.sheets(session, ticket.id, role=record_pages.RECORDS)
    return {name: tuple(s for s in every if s.source == name) for name in {s.source for s in every}}


def _withheld(
    installation: Installation, seal: Seal, case: Case, sources: dict[str, tuple[PageRef, ...]]
) -> Iterator[tuple[str, Any]]:
    """Each value that is kept from the person, read anew; nothing where nothing is withheld."""
    for source, record in _ruled(installation, seal, case, sources):
        for name, value in withheld_values(case, source, record):
            yield f"{source}.{record.collection}.{name}", value


def _withheld_files(
    installation: Installation,
    seal: Seal,
    case: Case,
    sources: dict[str, tuple[PageRef, ...]],
    ticket_id: str,
) -> Iterator[WithheldFile]:
    """Each file that staff keeps from the person."""
    for source, record in _ruled(installation, seal, case, sources):
        for one, alone in withheld_files(case, source, record):
            digest = (
                attachments.sha256_of(installation, ticket_id, source, record, one)
                if alone
                else None
            )
            yield WithheldFile(f"{source}.{record.collection}", one.name, digest)


def _ruled(
    installation: Installation, seal: Seal, case: Case, sources: dict[str, tuple[PageRef, ...]]
) -> Iterator[tuple[str, Record]]:
    """The records of the sources staff ruled about, or of which a field is never handed over."""
    ruled = {rule.source for rule in case.rules}
    for source in sorted(name for name in sources if name in ruled or withholds(case, name)):
        for record in record_pages.records_on(installation, seal, sources[source]):
            yield source, record


def _acted(
    session: Unit, installation: Installation, seal: Seal, ticket: Ticket, *, case: Case
) -> tuple[Part, ...]:
    sheets = record_pages.sheets(
        session, ticket.id, role=record_pages.RECEIPTS, round_=ticket.round
    )
    counts: Counter[tuple[str, str]] = Counter()
    for sheet in sheets:
        counts[(sheet.source, sheet.collection)] += sheet.count
    titles = {row.source: row.title for row in lines(session, ticket.id)}
    parts = []
    for (source, name), count in counts.items():
        mine = tuple(s for s in sheets if (s.source, s.collection) == (source, name))
        stream = partial(receipts_of, installation, seal, mine)
        parts.append(_part(case, source, titles[source], name, count, receipts=stream))
    return tuple(parts)


def _nothing() -> Iterator[Any]:
    return iter(())


def _part(
    case: Case,
    source: str,
    title: str,
    name: str,
    count: int,
    *,
    records: Callable[[], Iterator[Record]] = _nothing,
    receipts: Callable[[], Iterator[Receipt]] = _nothing,
) -> Part:
    known = case.dictionaries.get(source, {}).get(name) or Collection(name, {"en": name})
    shown = tuple(entry for entry in known.fields if not entry.withhold)
    return Part(
        source=source,
        source_title=title,
        collection=replace(known, fields=shown),
        activities=tuple(activity.id for activity in case.policy.touching(source, name)),
        count=count,
        records=records,
        receipts=receipts,
    )


def _activities(
    case: Case, found: tuple[Line, ...], handed: tuple[Part, ...]
) -> tuple[Activity, ...]:
    """The activities that touch what was found, in the policy's order."""
    used = {name for part in handed for name in part.activities}
    if not handed:
        sources = {line.source for line in found if line.found}
        used = {
            name
            for name, places in case.policy.data.items()
            if any(place.partition(".")[0] in sources for place in places)
        }
    return tuple(a for name, a in case.policy.activities.items() if name in used)


def built(run: Run, gathered: Gathered, draft: Draft, *, sha256: str, size: int) -> None:
    """Notes a finished bundle and lets delivery follow. The file is there before the row is."""
    stow(run.installation, draft)
    with finishing(run) as (session, ticket):
        note(session, ticket, draft, sha256=sha256, size=size, cut_off=gathered.cut_off)
        data = {"sha256": sha256, "bytes": size, "number": draft.number}
        advance(session, SYSTEM, ticket.id, Event.BUNDLE_BUILT, data=data)
