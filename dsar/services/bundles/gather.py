"""What a bundle is made of, gathered from the database as values and streams."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from dsar import __version__
from dsar.domain.clock import DerivationStep
from dsar.domain.coverage import Kept, Line, found_anybody, outcome_of, why_kept
from dsar.domain.decision import Case, decide_record
from dsar.domain.errors import NotAllowed
from dsar.domain.policy import Activity
from dsar.domain.reasons import SEAM, receipt_reason
from dsar.domain.records import Attachment, Collection, Done, Receipt, Record, in_language
from dsar.services.bundles.keep import next_number
from dsar.services.bundles.withheld import Withholding, withholding
from dsar.services.law import regimes
from dsar.services.law.clock import dates_of
from dsar.services.letters import wordings_of
from dsar.services.letters.facts import cited
from dsar.services.letters.person import Person
from dsar.services.runtime import record_pages, seals
from dsar.services.runtime.installation import Installation, Unit, reading
from dsar.services.ticket.advance import EXTENDED
from dsar.services.ticket.owed_tasks import SCOPE
from dsar.services.work import attachments
from dsar.services.work.cases import case_of
from dsar.services.work.receipts import receipts_of
from dsar.store import pages
from dsar.store.coverage import lines
from dsar.store.pages import PageRef
from dsar.store.tables import CoverageLine, Request, Ticket
from dsar.store.tickets import request_of
from dsar.store.vault import Seal
from dsar.words import SpokenLanguage
from exports.contents import Contents, HumanDecision, Law, ReceiptSet, RecordSet, RequestFacts


@dataclass(frozen=True, slots=True)
class BundleMaterial:
    """What the bundle of the ticket with this id says, and what must not be found in it.

    `withheld` is what the person does not get. `number` is that of the ticket's bundle;
    `policy_now` is the version of the policy in force.
    """

    ticket: str
    contents: Contents
    withheld: Withholding
    policy_now: str
    number: int


def gather(installation: Installation, ticket_id: str) -> BundleMaterial:
    """Everything the bundle of a ticket is built from, as it stands now."""
    seal = record_pages.seal_for(installation, ticket_id)
    with reading(installation) as session:
        ticket = session.get_one(Ticket, ticket_id)
        case = case_of(session, ticket)
        return BundleMaterial(
            ticket=ticket.id,
            contents=_contents(session, seal, ticket, case),
            withheld=withholding(session, seal, ticket, case),
            policy_now=case.policy.version,
            number=next_number(session, ticket),
        )


def refuse_changed_policy(material: BundleMaterial) -> None:
    """Raises NotAllowed where another policy decided about the copy than the one in force now.

    What the person gets must be what was decided and approved. Where a source was changed instead,
    the receipts are the decision, and the bundle tells them as they are.
    """
    asked, decided_by = material.contents.request, material.contents.policy_version
    if asked.right.spec.acts or decided_by == material.policy_now:
        return
    message = (
        f"The policy was changed ({decided_by} → {material.policy_now}) after it was "
        f"decided what {asked.reference} hands over. Have it decided again: "
        f"dsar ticket act {asked.reference} revise --reason WHY"
    )
    raise NotAllowed(message)


def _contents(session: Unit, seal: Seal, ticket: Ticket, case: Case) -> Contents:
    installation, request = session.installation, request_of(session, ticket)
    details, spoken = seals.details_of(session, ticket), installation.spoken(request.language)
    person = _person(installation, ticket, spoken)
    found = _found(session, ticket, spoken=spoken, case=case, person=person)
    handed = _handed(session, seal, ticket, case=case, found=found)
    return Contents(
        request=_request_facts(session, ticket, request, details),
        outcome=outcome_of(found, supplements=SCOPE in details).value,
        words=spoken.words("report"),
        controller=installation.controller,
        law=_law(installation, ticket, spoken),
        cut_off=_cut_off(ticket, found),
        coverage=found,
        activities=_activities(case, found, handed),
        sets=handed,
        receipts=_acted(session, seal, ticket, case=case, person=person),
        decision=_decision(details),
        engine_version=__version__,
        policy_version=ticket.policy_version,
    )


def _request_facts(
    session: Unit, ticket: Ticket, request: Request, details: Mapping[str, Any]
) -> RequestFacts:
    zone = ZoneInfo(session.installation.controller.timezone)
    seal = seals.seal_of(session, request)
    words = seal.open(request.sealed_words, f"words {request.id}") if request.sealed_words else ""
    clock = _pictured(ticket)
    return RequestFacts(
        reference=ticket.ref,
        right=ticket.right,
        received_on=request.received_at.astimezone(zone).date(),
        due_on=ticket.due_on or ticket.due_at.astimezone(zone).date(),
        identifiers=seals.subject_of(session, ticket).pairs(),
        words=words,
        explanation=_explained(session, ticket, request.received_at),
        extended_because=details.get(EXTENDED, "") if "effective_due" in clock else "",
        clock=clock,
    )


def _law(installation: Installation, ticket: Ticket, spoken: SpokenLanguage) -> Law:
    words = wordings_of(installation).words_to(spoken)
    law = cited(words, regimes.load(ticket.regime), ticket.right)
    return Law(law.title, law.article, law.complaint, law.remedy)


def _decision(details: Mapping[str, Any]) -> HumanDecision | None:
    made = details.get("decision")
    if made is None:
        return None
    day = date.fromisoformat(made["decided_on"])
    return HumanDecision(made["decided_by"], day, made["decision"], made["reasons"])


def _pictured(ticket: Ticket) -> dict[str, date]:
    """The dates a person is shown: an extension only where one was notified."""
    names = ["received", "due", *(["effective_due"] if ticket.clock.get("extension_valid") else [])]
    found = {name: ticket.clock.get(name) for name in names}
    return {name: date.fromisoformat(day) for name, day in found.items() if day}


def _explained(session: Unit, ticket: Ticket, received_at: datetime) -> tuple[DerivationStep, ...]:
    """The whole derivation of the due date; the report tells what of it moved the day.

    An older release stored its steps as sentences for staff alone: they are derived again, and told
    where they lead to the day that was promised.
    """
    stored = ticket.clock.get("explanation", ())
    if all("kind" in step for step in stored):
        return tuple(map(DerivationStep.of, stored))
    dates = dates_of(session, ticket, received_at)
    return dates.explanation if dates.effective_due == ticket.due_on else ()


def line_value(row: CoverageLine, person: Person) -> Line:
    """A coverage row as the domain's value, in the person's words."""
    return Line(
        source=row.source,
        title=row.title,
        outcome=row.outcome,
        found=row.found,
        done=row.done,
        kept=tuple(
            Kept(
                entry["collection"],
                entry["count"],
                entry["ground"],
                person.told(why_kept(entry)),
                date.fromisoformat(entry["until"]) if entry["until"] else None,
                part=entry.get("part", ""),
            )
            for entry in row.kept
        ),
        reason=person.told(row.reason),
        residue=row.residue,
        searched_at=row.searched_at,
    )


def _found(
    session: Unit, ticket: Ticket, *, spoken: SpokenLanguage, case: Case, person: Person
) -> tuple[Line, ...]:
    """The ledger in the person's language: what collections are called, why something was kept."""
    found = []
    for row in lines(session, ticket.id):
        line, titles = line_value(row, person), case.dictionaries.get(row.source, {})
        kept = tuple(
            replace(one, title=_title(titles.get(one.collection), spoken.tag)) for one in line.kept
        )
        found.append(replace(line, kept=kept))
    return tuple(found)


def _person(installation: Installation, ticket: Ticket, spoken: SpokenLanguage) -> Person:
    letters = wordings_of(installation).words_to(spoken)
    return Person.of(spoken, letters, regimes.load(ticket.regime), installation.controller)


def _title(collection: Collection | None, language: str) -> str:
    return in_language(collection.title, language) if collection is not None else ""


def _cut_off(ticket: Ticket, found: tuple[Line, ...]) -> datetime:
    """Up to when the sources were read; where nothing was found nothing was decided about it."""
    searched = [line.searched_at for line in found if line.searched_at is not None]
    last = max(searched, default=ticket.created_at)
    return last if not found_anybody(found) else ticket.decided_at or last


def _handed(
    session: Unit, seal: Seal, ticket: Ticket, *, case: Case, found: tuple[Line, ...]
) -> tuple[RecordSet, ...]:
    if case.right.spec.handed is None:
        return ()
    installation, sets = session.installation, []
    every = pages.refs(session, ticket.id, role=record_pages.RECORDS)
    for line in found:
        mine = tuple(sheet for sheet in every if sheet.source == line.source)
        counts, attached = _counted(installation, seal, case, line.source, mine)
        opening = partial(_file, installation, ticket.id, line.source)
        for name, count in counts.items():
            sheets = tuple(sheet for sheet in mine if sheet.collection == name)
            stream = partial(_decided, installation, seal, case, line.source, sheets)
            sets.append(
                RecordSet(
                    source=line.source,
                    source_title=line.title,
                    collection=_collection(case, line.source, name),
                    activities=tuple(one.id for one in case.policy.touching(line.source, name)),
                    count=count,
                    records=stream,
                    files=opening if name in attached else None,
                )
            )
    return tuple(sets)


def _counted(
    installation: Installation, seal: Seal, case: Case, source: str, sheets: tuple[PageRef, ...]
) -> tuple[Counter[str], set[str]]:
    """How many records of each collection are handed over, and which collections have files."""
    found: Counter[str] = Counter()
    attached = set()
    for record in _decided(installation, seal, case, source, sheets):
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


def _decided(
    installation: Installation, seal: Seal, case: Case, source: str, sheets: tuple[PageRef, ...]
) -> Iterator[Record]:
    for record in record_pages.records_on(installation, seal, sheets):
        decided = decide_record(case, source, record)
        if decided.record is not None:
            yield decided.record


def _acted(
    session: Unit, seal: Seal, ticket: Ticket, *, case: Case, person: Person
) -> tuple[ReceiptSet, ...]:
    sheets = pages.refs(session, ticket.id, role=record_pages.RECEIPTS, round_=ticket.round)
    counts: Counter[tuple[str, str]] = Counter()
    for sheet in sheets:
        counts[(sheet.source, sheet.collection)] += sheet.count
    titles = {row.source: row.title for row in lines(session, ticket.id)}
    sets = []
    for (source, name), count in counts.items():
        mine = tuple(s for s in sheets if (s.source, s.collection) == (source, name))
        stream = partial(_receipts, session.installation, seal, mine, person)
        collection = _collection(case, source, name)
        sets.append(ReceiptSet(source, titles[source], collection, count, stream))
    return tuple(sets)


def _receipts(
    installation: Installation, seal: Seal, sheets: tuple[PageRef, ...], person: Person
) -> Iterator[Receipt]:
    """What was done to each record, and why not, in the person's words.

    Only of what is kept a source's own sentence is quoted.
    """
    for receipt in receipts_of(installation, seal, sheets):
        if receipt.done is Done.KEPT or receipt.code in SEAM:
            why = person.told(receipt_reason(receipt.reason, receipt.code))
            yield replace(receipt, reason=why, code="")
        else:
            yield replace(receipt, reason="", code="") if receipt.reason else receipt


def _collection(case: Case, source: str, name: str) -> Collection:
    """What the source says of a collection; its name alone where it says nothing any more.

    A field that is never handed over is not spoken of.
    """
    known = case.dictionaries.get(source, {}).get(name) or Collection(name, {"en": name})
    return replace(known, fields=tuple(one for one in known.fields if not one.withhold))


def _activities(
    case: Case, found: tuple[Line, ...], handed: tuple[RecordSet, ...]
) -> tuple[Activity, ...]:
    """The activities that touch what was found, in the policy's order."""
    used = {name for one in handed for name in one.activities}
    if not handed:
        sources = {line.source for line in found if line.found}
        used = {
            name
            for name, places in case.policy.data.items()
            if any(place.partition(".")[0] in sources for place in places)
        }
    return tuple(a for name, a in case.policy.activities.items() if name in used)
