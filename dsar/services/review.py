"""Staff's rulings on what the policy cannot decide, and the human decision of Art. 22(3)."""

import re
from dataclasses import dataclass

from sqlmodel import Session

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import Event, State
from dsar.domain.sifting import VERDICTS
from dsar.services import seals
from dsar.services.actor import Actor
from dsar.services.advance import advance
from dsar.services.facts import Because
from dsar.services.house import house_of
from dsar.services.law.clock import today
from dsar.store.tables import Ruling, Ticket

_FORM = re.compile(
    r"(?P<source>[a-z0-9_-]+)\.(?P<collection>[^.:=]+)(?::(?P<key>[^=]+?))?"
    r"(?:\.(?P<field>[^.:=]+))?=(?P<verdict>[a-z]+)(?::(?P<ground>[a-z0-9_]+))?"
)


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
        mend = "Write SOURCE.COLLECTION[:KEY][.FIELD]=VERDICT[:GROUND]."
        raise BadInput("rule", "is not a ruling.", mend)
    parts = {name: value or "" for name, value in match.groupdict().items()}
    if parts["verdict"] not in VERDICTS:
        raise BadInput("rule", "has no verdict.", f"Use one of: {', '.join(VERDICTS)}.")
    if parts["verdict"] in {"withhold", "keep"} and not parts["ground"]:
        raise BadInput("rule", "names no ground.", "Add it, e.g. withhold:rights_of_others.")
    return Spoken(**parts)


def rule(
    session: Session, actor: Actor, ticket: Ticket, spoken: tuple[Spoken, ...], *, reason: str
) -> Ticket:
    """Writes rulings down and has the policy applied again, before anybody approves."""
    if ticket.state != State.IN_REVIEW:
        mend = "Rule while it is in review."
        raise BadInput("rule", f"{ticket.ref} is {ticket.state}.", mend)
    now = house_of(session).store.now(session)
    for one in spoken:
        session.add(
            Ruling(
                ticket_id=ticket.id,
                source=one.source,
                collection=one.collection,
                key=one.key,
                field=one.field,
                verdict=one.verdict,
                ground=one.ground,
                by=actor.name,
                at=now,
            )
        )
    session.flush()
    data = {"rulings": [f"{o.source}.{o.collection}={o.verdict}:{o.ground}" for o in spoken]}
    because = Because(reason=reason)
    return advance(session, actor, ticket.id, Event.REVISE, because=because, data=data)


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
