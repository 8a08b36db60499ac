"""Letters of a ticket: written with the transition that owes them, kept sealed, read again.

A letter that lacks what the law demands in it is not written, and the transition fails with it.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func
from sqlmodel import col, select

from dsar.domain.rights import Right
from dsar.services.letters import facts, house_wording
from dsar.services.letters.wording import Wordings
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, Unit
from dsar.services.runtime.seals import seal_of
from dsar.store.tables import Letter, Request, Ticket
from dsar.store.tickets import request_of
from dsar.words import MODEL, forms, named

log = structlog.get_logger("dsar.letters")

#: What staff calls each right.
TITLES = {right: Wordings().words_in(MODEL)["right"][right.value] for right in Right}


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter as it was written: subject, text, when and in which language.

    `wording` has the SHA-256 of the file it was written from and that of the language's words;
    `note` says to staff why it is in another language or not in the house's own wording.
    """

    kind: str
    subject: str
    text: str
    language: str
    at: datetime
    wording: str
    note: str


def wordings_of(installation: Installation) -> Wordings:
    """The wording of this house, read once; BadInput where its folder is not there."""
    found: Wordings | None = installation.cache.get("wordings")
    if found is None:
        folder, controller = installation.settings.wording.letters, installation.controller
        found = house_wording.of_languages(installation.languages, controller)
        if folder is not None:
            at, name = installation.settings.at(folder), folder.as_posix()
            found = house_wording.load(found, at, controller, name=name)
        installation.cache["wordings"] = found
    return found


def warn_of_faults(installation: Installation) -> None:
    """Logs what is at fault in the house's own letters, as a process starts that may write some."""
    for fault in wordings_of(installation).faults:
        log.warning("letter.at_fault", where=fault.field, mend="dsar letter check")


def queue(session: Unit, ticket: Ticket, *, kind: str, because: Because) -> Letter:
    """Writes a letter and keeps it sealed with the ticket."""
    installation = session.installation
    request = request_of(session, ticket)
    say = facts.of_ticket(session, ticket, request, because)
    written = wordings_of(installation).write(kind, request.language, say)
    letter = Letter(
        ticket_id=ticket.id,
        kind=kind,
        key=str(ticket.version),
        language=written.wording.language,
        wording=f"{written.wording.sha256} {written.words.sha256}",
        fault=written.fault,
        sealed=b"",
        at=session.now(),
    )
    text = tidy(written.text)
    letter.sealed = seal_of(session, request).close(text, f"letter {letter.id}")
    session.add(letter)
    return letter


def tidy(text: str) -> str:
    """A letter without the holes that parts leave which were not said."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"


def queue_once(session: Unit, ticket: Ticket, *, kind: str) -> None:
    """A letter that a ticket owes once, whichever source gives the occasion first.

    The caller has locked the ticket.
    """
    known = session.exec(
        select(Letter.id).where(col(Letter.ticket_id) == ticket.id, col(Letter.kind) == kind)
    ).first()
    if known is None:
        queue(session, ticket, kind=kind, because=Because())


def written(session: Unit, ticket: Ticket) -> tuple[WrittenLetter, ...]:
    """Every letter of a ticket, oldest first."""
    request = request_of(session, ticket)
    seal = seal_of(session, request)
    rows = session.exec(
        select(Letter).where(col(Letter.ticket_id) == ticket.id).order_by(col(Letter.at))
    ).all()
    return tuple(_told(row, request, seal.open(row.sealed, f"letter {row.id}")) for row in rows)


def _told(row: Letter, request: Request, whole: str) -> WrittenLetter:
    subject, text = parts(whole)
    note = " ".join(said for said in (_language_note(row, request), _fault_note(row)) if said)
    return WrittenLetter(row.kind, subject, text, row.language, row.at, row.wording, note)


def parts(whole: str) -> tuple[str, str]:
    """Subject and text: the first line and the rest."""
    subject, _, text = whole.partition("\n")
    return subject.strip(), text.strip()


def _language_note(row: Letter, request: Request) -> str:
    asked, spoken = request.language, row.language
    if spoken.lower() in forms(asked):
        return ""
    return (
        f"Asked in {named(asked)}, written in {named(spoken)}: "
        f"we had no such letter in {named(asked)}."
    )


def _fault_note(row: Letter) -> str:
    return f"Not in our own wording: {row.fault}" if row.fault else ""


def at_fault_since(session: Unit, span: timedelta) -> int:
    """How many letters of late went out in our wording because the house's own was at fault."""
    since = session.now() - span
    query = select(func.count()).where(col(Letter.fault) != "", col(Letter.at) >= since)
    return int(session.exec(query).one())
