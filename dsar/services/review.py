"""Staff's rulings on what the policy cannot decide, and the human decision of Art. 22(3)."""

import re
from dataclasses import dataclass, replace

from sqlmodel import Session

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event, State, transition
from dsar.domain.rights import Right
from dsar.domain.sifting import ERASE, SPARING, VERDICTS
from dsar.services import seals
from dsar.services.actor import Actor
from dsar.services.advance import advance
from dsar.services.facts import Because
from dsar.services.house import House, house_of
from dsar.services.law.clock import today
from dsar.services.work import pages
from dsar.services.work.cases import place
from dsar.store.tables import Ruling, Ticket
from dsar.store.tickets import request_of

_FORM = re.compile(
    r"(?P<source>[a-z0-9_-]+)\.(?P<collection>[^.:=]+)(?::(?P<key>[^=]+?))?"
    r"(?:\.(?P<field>[^.:=]+))?=(?P<verdict>[a-z]+)(?::(?P<ground>[a-z0-9_]{1,60}))?"
)

_SHAPE = "SOURCE.COLLECTION[:KEY][.FIELD]"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A ruling as staff writes it: SOURCE.COLLECTION[:KEY][.FIELD]=VERDICT[:GROUND]."""

    source: str
    collection: str
    verdict: str
    key: str = ""
    field: str = ""
    ground: str = ""


def parse(text: str) -> Spoken:
    """Reads one ruling; raises BadInput with its form."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise BadInput("rule", "is not a ruling.", f"Write {_SHAPE}=VERDICT[:GROUND].")
    parts = {name: value or "" for name, value in match.groupdict().items()}
    if parts["verdict"] not in VERDICTS:
        raise BadInput("rule", "has no verdict.", f"Use one of: {', '.join(VERDICTS)}.")
    if parts["verdict"] in SPARING and not parts["ground"]:
        raise BadInput("rule", "names no ground.", "Add it, e.g. withhold:rights_of_others.")
    return Spoken(**parts)


def rule(
    session: Session, actor: Actor, ticket: Ticket, spoken: tuple[Spoken, ...], *, reason: str
) -> Ticket:
    """Writes rulings down and has the policy applied again, before anybody approves."""
    if transition(State(ticket.state), Event.REVISE, Right(ticket.right)) is None:
        mend = "Rule while it is in review."
        raise BadInput("rule", f"{ticket.ref} is {ticket.state}.", mend)
    spoken = tuple(_meant(house_of(session), ticket, one) for one in spoken)
    for one in spoken:
        session.add(_ruling(session, actor, ticket, one))
    session.flush()
    data = {"rulings": [f"{o.source}.{o.collection}={o.verdict}:{o.ground}" for o in spoken]}
    because = Because(reason=reason)
    return advance(session, actor, ticket.id, Event.REVISE, because=because, data=data)


def _ruling(session: Session, actor: Actor, ticket: Ticket, one: Spoken) -> Ruling:
    row = Ruling(
        ticket_id=ticket.id,
        source=one.source,
        collection=one.collection,
        field=one.field,
        verdict=one.verdict,
        ground=one.ground,
        by=actor.name,
        at=house_of(session).store.now(session),
    )
    if one.key:
        seal = seals.seal_of(session, request_of(session, ticket))
        row.sealed_key = seal.close(one.key, place(row))
    return row


#: Rights that treat a record as a whole: nothing can be ruled about one field of it.
_WHOLE = frozenset({Right.RESTRICTION, Right.OBJECTION, Right.CONSENT_WITHDRAWAL})


def _meant(house: House, ticket: Ticket, one: Spoken) -> Spoken:
    """The ruling, if it speaks of something that was found: a slip must not let anything leave."""
    right = Right(ticket.right)
    if one.verdict == ERASE and right is not Right.ERASURE:
        raise BadInput("rule", f"erases, but {ticket.ref} is about {right}.", "Use release.")
    if one.field and right in _WHOLE:
        raise BadInput("rule", f"names a field; {right} treats whole records.", "Leave it out.")
    seal = pages.seal_for(house, ticket.id)
    whole = f"{one.key}.{one.field}" if one.key and one.field else ""
    dotted = False
    for record in pages.records(house, seal, ticket.id, one.source):
        if record.collection != one.collection:
            continue
        if one.key in {"", record.key} and (not one.field or one.field in record.data):
            return one
        dotted = dotted or record.key == whole
    if dotted:
        return replace(one, key=whole, field="")
    mend = f"Name what was found as {_SHAPE}."
    raise BadInput("rule", f"meets nothing that was found in {one.source}.{one.collection}.", mend)


def decide_anew(
    session: Session, actor: Actor, ticket: Ticket, *, decision: str, reason: str
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
