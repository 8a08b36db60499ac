"""The desk an adapter that answers later finds while it works on a task of one ticket."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import TaskKind
from dsar.domain.records import Attachment
from dsar.sdk import NeedsHuman
from dsar.sdk.desk import Answer, Inquiry, Question, awaited
from dsar.services.inquiries import files, inquiry_rows, links
from dsar.services.law.clock import today
from dsar.services.runtime import journal
from dsar.services.runtime.actor import SYSTEM
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.store.coverage import lines
from dsar.store.engine import add_once
from dsar.store.tables import InquiryRow as Row
from dsar.store.tables import Ticket
from dsar.store.tasks.leases import Lease
from dsar.store.tickets import locked
from dsar.store.types import new_id

_DAY = timedelta(days=1)
_SHORTEST = 60.0


class _Place(NamedTuple):
    """What tells an inquiry from the others of its source and ticket."""

    verb: str
    key: str
    number: int


class TicketDesk:
    """See `dsar.sdk.desk.Desk`. Without a lease it only reads what was answered."""

    def __init__(
        self, installation: Installation, ticket: str, source: str, lease: Lease | None = None
    ) -> None:
        self._installation = installation
        self._ticket = ticket
        self._source = source
        self._lease = lease

    @property
    def again(self) -> bool:
        """Whether this task is the second look."""
        return self._lease is not None and self._lease.kind == TaskKind.LOOK_AGAIN

    def inquiry(self, verb: str, question: Question) -> Inquiry:
        """One row a ticket, source, verb and question, whoever repeats the task."""
        lease = self._at_work()
        with transaction(self._installation) as session:
            ticket = locked(session, self._ticket)
            key = hashlib.sha256(f"{lease.kind} {question.key}".encode()).hexdigest()
            latest = self._latest(session, verb, key)
            if latest is None or latest.used_by not in {"", lease.task_id}:
                place = _Place(verb, key, latest.number + 1 if latest else 1)
                latest = self._put_down(session, ticket, place, question)
            latest.task_id = lease.task_id
            if latest.answered_at is not None:
                latest.used_by = lease.task_id
            session.add(latest)
            return self._told(session, latest)

    def asked(self, inquiry: Inquiry) -> Inquiry:
        """Noted once: in the journal, and on the source's line as long as there is no answer."""
        with transaction(self._installation) as session:
            ticket = locked(session, self._ticket)
            row = session.get_one(Row, inquiry.id)
            if row.asked_at is None:
                row.asked_at = session.now()
                data = {"source": row.source, "verb": row.verb, "until": row.answer_by.isoformat()}
                journal.append(session, SYSTEM, ticket, event="inquiry_asked", data=data)
                session.add_all((row, ticket))
            told = self._told(session, row)
            if told.answer is None:
                self._name_on_line(session, told)
            return told

    def answered(self, verb: str) -> Sequence[tuple[Question, Answer]]:
        """Every answer this source gave for the ticket, but for refusals."""
        with reading(self._installation) as session:
            seal = inquiry_rows.seal_for(session, self._installation, self._ticket)
            rows = inquiry_rows.of_ticket(session, self._ticket, self._source)
            pairs = [(row, inquiry_rows.open_answer(seal, row)) for row in rows if row.verb == verb]
            return [
                (inquiry_rows.open_question(seal, row), told[0])
                for row, told in pairs
                if told is not None and not told[0].cannot
            ]

    def read(self, attachment: Attachment) -> Iterator[bytes]:
        """A file of an answer, piece by piece; NeedsHuman where a piece is missing."""
        return files.read(self._installation, self._ticket, self._source, attachment)

    def _at_work(self) -> Lease:
        if self._lease is None:
            raise NeedsHuman(code="asked_outside_a_task")
        return self._lease

    def _latest(self, session: Session, verb: str, key: str) -> Row | None:
        same = (col(Row.ticket_id) == self._ticket, col(Row.source) == self._source)
        query = select(Row).where(*same, col(Row.verb) == verb, col(Row.key) == key)
        return session.exec(query.order_by(col(Row.number).desc()).limit(1)).first()

    def _put_down(self, session: Unit, ticket: Ticket, place: "_Place", question: Question) -> Row:
        installation, seal = (
            self._installation,
            inquiry_rows.seal_for(session, self._installation, self._ticket),
        )
        new = new_id()
        row = Row(
            id=new,
            ticket_id=self._ticket,
            task_id=self._at_work().task_id,
            source=self._source,
            verb=place.verb,
            key=place.key,
            number=place.number,
            link=links.mark(links.token(installation, new)),
            sealed_question=inquiry_rows.close_question(seal, new, question),
            noted_at=session.now(),
            answer_by=inquiry_rows.answer_by(
                today(session), ticket.internal_due_on, installation.settings.inquiries
            ),
        )
        add_once(
            session, installation.store, row, same=("ticket_id", "source", "verb", "key", "number")
        )
        return session.get_one(Row, new)

    def _told(self, session: Unit, row: Row) -> Inquiry:
        seal = inquiry_rows.seal_for(session, self._installation, self._ticket)
        found = inquiry_rows.open_answer(seal, row)
        now, end = session.now(), self._end(row.answer_by)
        return Inquiry(
            id=row.id,
            title=self._installation.sources[self._source].title,
            verb=row.verb,
            url=links.address(self._installation, row.id),
            answer_by=row.answer_by,
            asked_at=self._local(row.asked_at),
            wait=min(max((end - now).total_seconds(), _SHORTEST), _DAY.total_seconds()),
            overdue=now >= end,
            answer=found[0] if found else None,
        )

    def _end(self, day: date) -> datetime:
        """The instant at which the day by which an answer is wanted is over."""
        return datetime.combine(
            day + _DAY, time(), ZoneInfo(self._installation.controller.timezone)
        )

    def _local(self, at: datetime | None) -> datetime | None:
        return at and at.astimezone(ZoneInfo(self._installation.controller.timezone))

    def _name_on_line(self, session: Unit, told: Inquiry) -> None:
        for line in lines(session, self._ticket):
            mine = line.source == self._source and line.outcome == Outcome.OPEN
            if mine and self._at_work().kind.spec.on_ledger:
                line.reason = awaited(told)
                session.add(line)


def desk_for(installation: Installation, lease: Lease) -> TicketDesk:
    """The desk of the source a task works on."""
    return TicketDesk(installation, lease.ticket_id, lease.source, lease)
