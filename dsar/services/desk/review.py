"""Staff's rulings on what the policy cannot decide, and the human decision of Art. 22(3)."""

import re
from dataclasses import dataclass, replace
from typing import Any

from dsar.config.sources import dictionary
from dsar.domain.decision import SPARING, RulingVerdict
from dsar.domain.decision.withheld import withheld_by
from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event, transition
from dsar.domain.records import Record
from dsar.domain.regimes import grounds
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.law.clock import today
from dsar.services.runtime import record_pages, seals
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, Unit
from dsar.services.ticket.advance import advance
from dsar.services.work.attachments import MARK, mark
from dsar.services.work.cases import FILE, place
from dsar.store.tables import RulingRow, Ticket
from dsar.store.tickets import request_of

_FORM = re.compile(
    r"(?P<source>[a-z0-9_-]+)\.(?P<collection>[^.:=]+?)(?::(?P<key>[^=]+?))?"
    rf"(?:#(?P<file>[0-9a-f]{{{MARK}}})|\.(?P<field>[^.:=]+))?"
    r"=(?P<verdict>[a-z]+)(?::(?P<ground>[a-z0-9_]{1,60}))?"
)

_SHAPE = "SOURCE.COLLECTION[:KEY][.FIELD] or SOURCE.COLLECTION#FILE"


@dataclass(frozen=True, slots=True)
class RulingInput:
    """A ruling as staff writes it: SOURCE.COLLECTION[:KEY][.FIELD]=VERDICT[:GROUND].

    SOURCE.COLLECTION#FILE means one file of a record, by the mark `dsar ticket files` shows.
    `reference` is what its source finds that file by, once it was looked up.
    """

    source: str
    collection: str
    verdict: RulingVerdict
    key: str = ""
    field: str = ""
    ground: str = ""
    file: str = ""
    reference: str = ""


def parse(text: str) -> RulingInput:
    """Reads one ruling; raises BadInput with its form."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise BadInput("rule", "is not a ruling.", f"Write {_SHAPE}=VERDICT[:GROUND].")
    parts: dict[str, Any] = {name: value or "" for name, value in match.groupdict().items()}
    if parts["verdict"] not in set(RulingVerdict):
        raise BadInput("rule", "has no verdict.", f"Use one of: {', '.join(RulingVerdict)}.")
    if parts["verdict"] in SPARING and not parts["ground"]:
        raise BadInput("rule", "names no ground.", "Add it, e.g. withhold:rights_of_others.")
    return RulingInput(**parts | {"verdict": RulingVerdict(parts["verdict"])})


def rule(
    session: Unit, actor: Actor, ticket: Ticket, spoken: tuple[RulingInput, ...], *, reason: str
) -> Ticket:
    """Writes rulings down and has the policy applied again, before anybody approves."""
    if transition(ticket.state, Event.REVISE, ticket.right) is None:
        mend = "Rule while it is in review."
        raise BadInput("rule", f"{ticket.ref} is {ticket.state}.", mend)
    for one in spoken:
        _refuse_free_ground(session.installation, ticket, one)
    spoken = tuple(_meant(session.installation, ticket, one) for one in spoken)
    for one in spoken:
        session.add(_ruling(session, actor, ticket, one))
    session.flush()
    data = {"rulings": [f"{o.source}.{o.collection}={o.verdict}:{o.ground}" for o in spoken]}
    because = Because(reason=reason)
    return advance(session, actor, ticket.id, Event.REVISE, because=because, data=data)


def _ruling(session: Unit, actor: Actor, ticket: Ticket, one: RulingInput) -> RulingRow:
    row = RulingRow(
        ticket_id=ticket.id,
        source=one.source,
        collection=one.collection,
        field=one.field,
        verdict=one.verdict,
        ground=one.ground,
        by=actor.name,
        at=session.now(),
    )
    if one.key:
        seal = seals.seal_of(session, request_of(session, ticket))
        row.sealed_key = seal.close(one.key, place(row))
        if one.reference:
            row.sealed_file = seal.close(one.reference, place(row, FILE))
    return row


def _meant(installation: Installation, ticket: Ticket, one: RulingInput) -> RulingInput:
    """The ruling, if it speaks of something that was found: a slip must not let anything leave."""
    _refuse_wrong_right(ticket, one)
    _refuse_never(installation, one)
    seal = record_pages.seal_for(installation, ticket.id)
    whole = _undivided(one)
    undivided = False
    for record in record_pages.records(installation, seal, ticket.id, one.source):
        if record.collection != one.collection:
            continue
        if one.key in {"", record.key} and (met := _met(installation, record, one)):
            return met
        undivided = undivided or record.key == whole
    if undivided:
        return replace(one, key=whole, field="", file="")
    mend = f"Name what was found as {_SHAPE}."
    raise BadInput("rule", f"meets nothing that was found in {one.source}.{one.collection}.", mend)


def _refuse_free_ground(installation: Installation, ticket: Ticket, one: RulingInput) -> None:
    """Only what the law lists against this right is a ground: the person reads it."""
    law = regimes.load(ticket.regime)
    known = grounds.ruling(law, ticket.right, installation.controller.country)
    if one.ground and one.ground not in known:
        problem = f"names {one.ground}, which is no ground of {law.id} against {ticket.right}."
        mend = f"Use one of: {', '.join(sorted(known))}. `dsar regime show {law.id}` explains them."
        raise BadInput("rule", problem, mend)


def _refuse_wrong_right(ticket: Ticket, one: RulingInput) -> None:
    right = ticket.right
    if one.verdict is RulingVerdict.ERASE and right is not Right.ERASURE:
        raise BadInput("rule", f"erases, but {ticket.ref} is about {right}.", "Use release.")
    if one.field and right.spec.whole_record:
        raise BadInput("rule", f"names a field; {right} treats whole records.", "Leave it out.")
    if one.file and right.spec.handed is None:
        raise BadInput("rule", f"names a file; {right} hands none over.", "Leave it out.")


def _refuse_never(installation: Installation, one: RulingInput) -> None:
    """What the dictionary says is never handed over is not released for one ticket."""
    if (
        one.verdict is not RulingVerdict.RELEASE
        or not one.field
        or one.source not in installation.sources
    ):
        return
    known = dictionary(installation.sources[one.source]).get(one.collection)
    if ground := withheld_by(known, one.field):
        what = f"releases {one.field}, which is never handed over ({ground})."
        raise BadInput("rule", what, "Correct its entry in sources.toml, if that is wrong.")


def _undivided(one: RulingInput) -> str:
    """The key, if what looks like a field or a file behind it belongs to it."""
    rest = f"#{one.file}" if one.file else f".{one.field}" if one.field else ""
    return f"{one.key}{rest}" if one.key and rest else ""


def _met(installation: Installation, record: Record, one: RulingInput) -> RulingInput | None:
    """The ruling, if this record is one it speaks of; a file is looked up by its mark."""
    if one.file:
        for each in record.attachments:
            if mark(installation, one.source, record, each) == one.file:
                return replace(one, key=record.key, reference=each.reference)
        return None
    return one if not one.field or one.field in record.data else None


def decide_anew(
    session: Unit, actor: Actor, ticket: Ticket, *, decision: str, reason: str
) -> Ticket:
    """A named person's decision in place of an automated one (Art. 22(3)), with its reasons."""
    if not decision.strip():
        raise BadInput("decision", "is missing.", "Say what was decided.")
    details = seals.details_of(session, ticket)
    details["decision"] = {
        "decided_by": actor.name,
        "decided_on": today(session).isoformat(),
        "decision": decision,
        "reasons": reason,
    }
    seals.keep_details(session, ticket, details)
    session.add(ticket)
    session.flush()
    because = Because(reason=reason, decided_by=actor.name)
    return advance(session, actor, ticket.id, Event.DECIDE, because=because)
