"""Takes an answer in: who has the link may read the question and answer it, once."""

import hashlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import orjson
import structlog

from dsar.config.sources import dictionary
from dsar.domain.coverage import Outcome
from dsar.domain.errors import DsarError
from dsar.domain.lifecycle import Event, TaskKind, stuck_kinds
from dsar.domain.records import Collection
from dsar.sdk.desk import Answer, Question
from dsar.services.inquiries import files, inquiry_rows, links, schema
from dsar.services.runtime import journal
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.store import tasks
from dsar.store.coverage import lines
from dsar.store.tables import InquiryRow, Ticket
from dsar.store.tickets import locked
from dsar.store.vault import KeyLost

log = structlog.get_logger("dsar.inquiries")


class Over(DsarError):  # noqa: N818
    """The ticket has ended: nothing more is to be told."""


class AnsweredAlready(DsarError):  # noqa: N818
    """There is an answer, and it is another one."""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What whoever has a link may see: one source's part of one ticket."""

    inquiry: str
    source: str
    title: str
    verb: str
    question: Question
    collections: Mapping[str, Collection]
    answer_by: date
    again: bool
    answered: bool
    over: bool

    @property
    def asked(self) -> schema.AnswerForm:
        """What an answer is held against."""
        return schema.AnswerForm(self.verb, self.question, tuple(self.collections))


def open_link(installation: Installation, secret: str) -> OpenedLink | None:
    """The inquiry a link leads to; None for whatever is no link of ours, and nothing says why.

    Once it is answered or over, nothing of the person is shown any more.
    """
    with reading(installation) as session:
        row = inquiry_rows.by_link(session, links.mark(secret))
        if row is None or row.source not in installation.sources:
            return None
        ticket = session.get_one(Ticket, row.ticket_id)
        try:
            seal = inquiry_rows.seal_for(session, installation, row.ticket_id)
        except KeyLost:
            return None
        task = tasks.task(session, row.task_id)
        over = inquiry_rows.over(ticket, row)
        answered = row.answered_at is not None
        hidden = over or answered
        question = Question() if hidden else inquiry_rows.open_question(seal, row)
        return OpenedLink(
            inquiry=row.id,
            source=row.source,
            title=installation.sources[row.source].title,
            verb=row.verb,
            question=question,
            collections=dictionary(installation.sources[row.source]),
            answer_by=row.answer_by,
            again=task.kind == TaskKind.LOOK_AGAIN,
            answered=answered,
            over=over,
        )


def room_for_files(installation: Installation, inquiry: str) -> files.Drop:
    """Where the files of an answer go on their way in; close it in any case."""
    with reading(installation) as session:
        row = session.get_one(InquiryRow, inquiry)
        seal = inquiry_rows.seal_for(session, installation, row.ticket_id)
    return files.Drop(seal, inquiry, installation.settings.inquiries.answer_megabytes * 1_000_000)


def take(installation: Installation, inquiry: str, given: Any, drop: files.Drop) -> bool:
    """Checks an answer and keeps it, all at once with whatever follows; closes `drop`.

    True if it is new, False if this very answer was given before. Raises BadInput naming the place
    and the mend, AnsweredAlready, Over.
    """
    with closing(drop), transaction(installation) as session:
        row = session.get_one(InquiryRow, inquiry)
        ticket = locked(session, row.ticket_id)
        session.refresh(row)
        if inquiry_rows.over(ticket, row):
            raise Over("This request has ended; nothing more is needed.")
        seal = inquiry_rows.seal_for(session, installation, ticket.id)
        question = inquiry_rows.open_question(seal, row)
        known = dictionary(installation.sources[row.source])
        answer = schema.read(given, schema.AnswerForm(row.verb, question, tuple(known)), drop)
        mark = _mark(answer, drop)
        before = inquiry_rows.open_answer(seal, row)
        if before is not None:
            return _same(before[1], mark)
        row.sealed_answer = inquiry_rows.close_answer(seal, row.id, answer, mark)
        row.answered_at = session.now()
        session.add(row)
        files.keep(session, row, drop)
        _tell(session, ticket, row, answer, drop)
        _go_on(session, ticket, row)
        return True


def _same(before: str, now: str) -> bool:
    if before != now:
        message = "This was answered already, and differently. Tell the privacy team what changed."
        raise AnsweredAlready(message)
    return False


def _mark(answer: Answer, drop: files.Drop) -> str:
    """By what the same answer is known again: its content, and each file by its hash."""
    hashes = [dropped.hash.hexdigest() for dropped in drop.files]
    plain = orjson.dumps([asdict(answer), hashes], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(plain).hexdigest()


def _tell(session: Unit, ticket: Ticket, row: InquiryRow, answer: Answer, drop: files.Drop) -> None:
    outcome = "cannot" if answer.cannot else "answer"
    data = {
        "source": row.source,
        "verb": row.verb,
        "outcome": outcome,
        "records": len(answer.records) + len(answer.receipts),
        "files": len(drop.files),
    }
    journal.append(session, SYSTEM, ticket, event="inquiry_answered", data=data)
    session.add(ticket)
    log.info("inquiry.answered", ticket=ticket.ref, source=row.source)


def _go_on(session: Unit, ticket: Ticket, row: InquiryRow) -> None:
    """Whoever waited for it is rung for; a ticket that stood still for want of it goes on."""
    for line in lines(session, ticket.id):
        if line.source == row.source and line.outcome == Outcome.OPEN:
            line.reason = None
            session.add(line)
    task = tasks.task(session, row.task_id)
    stuck = task.state == tasks.TaskState.WAITING_HUMAN
    if stuck and task.kind in stuck_kinds(ticket.state):
        advance(session, SYSTEM, ticket.id, Event.RETRY)
    else:
        tasks.wake(session, session.installation.store, task.id)
