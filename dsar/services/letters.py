"""What the person is told: rendered with the transition that owes it, so that it cannot be wrong.

A letter that lacks what the law demands in it fails to render, and the transition fails with it.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from sqlmodel import Session, col, select

import templates
from dsar.domain.coverage import FILE, Outcome
from dsar.domain.rights import ARTICLES, Right
from dsar.services.facts import Because
from dsar.services.house import house_of
from dsar.services.law import regimes
from dsar.services.seals import seal_of
from dsar.store.tables import Letter, Request, Ticket
from dsar.store.tickets import lines, request_of

TITLES = {
    Right.ACCESS: "access to your data",
    Right.RECTIFICATION: "correction of your data",
    Right.ERASURE: "erasure of your data",
    Right.RESTRICTION: "restriction of processing",
    Right.OBJECTION: "objection to processing",
    Right.PORTABILITY: "a portable copy of your data",
    Right.CONSENT_WITHDRAWAL: "withdrawal of consent",
    Right.AUTOMATED_DECISION_REVIEW: "review of an automated decision",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A letter as it was written: subject, text, when and in which language."""

    kind: str
    subject: str
    text: str
    language: str
    at: datetime


def queue(session: Session, ticket: Ticket, *, kind: str, because: Because) -> Letter:
    """Renders a letter and keeps it sealed with the ticket."""
    house = house_of(session)
    request = request_of(session, ticket)
    language = request.language if _offered(request.language, kind) else "en"
    text = render(kind, language, _context(session, ticket, request, because))
    letter = Letter(
        ticket_id=ticket.id,
        kind=kind,
        key=str(ticket.version),
        language=language,
        sealed=b"",
        at=house.store.now(session),
    )
    letter.sealed = seal_of(session, request).close(text, f"letter {letter.id}")
    session.add(letter)
    return letter


def queue_once(session: Session, ticket: Ticket, *, kind: str) -> None:
    """A letter that a ticket owes once, whichever source gives the occasion first.

    The caller has locked the ticket.
    """
    known = session.exec(
        select(Letter.id).where(col(Letter.ticket_id) == ticket.id, col(Letter.kind) == kind)
    ).first()
    if known is None:
        queue(session, ticket, kind=kind, because=Because())


def written(session: Session, ticket: Ticket) -> tuple[Told, ...]:
    """Every letter of a ticket, oldest first."""
    seal = seal_of(session, request_of(session, ticket))
    rows = session.exec(
        select(Letter).where(col(Letter.ticket_id) == ticket.id).order_by(col(Letter.at))
    ).all()
    return tuple(_told(row, seal.open(row.sealed, f"letter {row.id}")) for row in rows)


def _told(row: Letter, whole: str) -> Told:
    subject, _, text = whole.partition("\n")
    return Told(
        row.kind, subject.removeprefix("Subject:").strip(), text.strip(), row.language, row.at
    )


def render(kind: str, language: str, context: dict[str, object]) -> str:
    """The letter's text; raises jinja2.UndefinedError where a mandatory part is missing."""
    return _environment().get_template(f"{language}/{kind}.txt").render(**context)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates.FOLDER / "letters"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _offered(language: str, kind: str) -> bool:
    try:
        _environment().get_template(f"{language}/{kind}.txt")
    except TemplateNotFound:
        return False
    return True


def _context(
    session: Session, ticket: Ticket, request: Request, because: Because
) -> dict[str, object]:
    house = house_of(session)
    regime = regimes.load(ticket.regime)
    zone = ZoneInfo(house.controller.timezone)
    right = Right(ticket.right)
    return {
        "controller": house.controller,
        "reference": ticket.ref,
        "right_title": TITLES[right],
        "article": ARTICLES[right],
        "received_on": request.received_at.astimezone(zone).date(),
        "due_on": ticket.due_on,
        "today": house.store.now(session).astimezone(zone).date(),
        "deadline_words": deadline_words(ticket),
        "reasons": _reasons(session, ticket, because),
        "complaint": regime.complaint.body,
        "remedy": regime.complaint.text,
        "gaps": gaps(session, ticket),
        "because": asdict(because),
    }


def deadline_words(ticket: Ticket) -> str:
    """What is said where the law names no day, or while the clock stands still."""
    if ticket.due_on is not None:
        return ""
    if ticket.clock.get("waiting_for") or ticket.clock.get("paused_since"):
        return "The period goes on when we have your answer."
    return "The law names no number of days; we answer without undue delay."


def _reasons(session: Session, ticket: Ticket, because: Because) -> list[str]:
    """The ground in the law's words and what staff wrote; else why the sources kept things."""
    cited = [regimes.load(ticket.regime).citation(because.ground)] if because.ground else []
    given = [text for text in (*cited, because.reason) if text]
    if given:
        return given
    found = [kept["because"] for line in lines(session, ticket.id) for kept in line.kept]
    failed = [
        "A system could not be searched or changed."
        for line in lines(session, ticket.id)
        if line.outcome == Outcome.COULD_NOT
    ]
    return list(dict.fromkeys(text for text in (*found, *failed) if text))


def gaps(session: Session, ticket: Ticket) -> list[str]:
    """What was not done or not handed over, source by source, with its reason."""
    found: list[str] = []
    for line in lines(session, ticket.id):
        if line.outcome == Outcome.COULD_NOT:
            found.append(f"{line.title}: {line.reason}")
        found += [f"{line.title}, {_counted(kept)}: {_kept(kept)}" for kept in line.kept]
    return found


def _counted(kept: dict[str, object]) -> str:
    what = "files" if kept.get("part") == FILE else "records"
    return f"{kept['count']} {what}"


def _kept(kept: dict[str, object]) -> str:
    until = kept.get("until")
    ends = f" (until {date.fromisoformat(str(until))})" if until else ""
    return f"{kept['because']}{ends}"
