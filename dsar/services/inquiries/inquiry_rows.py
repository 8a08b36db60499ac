"""The rows of inquiries, and their sealed questions and answers as values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, select

from dsar.config.settings import InquirySettings
from dsar.domain.records import Attachment, Done, Match, Receipt, Record
from dsar.sdk.desk import Answer, Question, Wanted
from dsar.services.runtime.installation import Installation
from dsar.store.tables import InquiryRow, Request, Ticket
from dsar.store.vault import Seal


def of_ticket(session: Session, ticket_id: str, source: str = "") -> Sequence[InquiryRow]:
    """A ticket's inquiries, oldest first; with `source` those of one."""
    query = select(InquiryRow).where(col(InquiryRow.ticket_id) == ticket_id)
    if source:
        query = query.where(col(InquiryRow.source) == source)
    return session.exec(query.order_by(col(InquiryRow.noted_at), col(InquiryRow.number))).all()


def by_link(session: Session, mark: str) -> InquiryRow | None:
    """The inquiry a link leads to."""
    return session.exec(select(InquiryRow).where(col(InquiryRow.link) == mark)).one_or_none()


def seal_for(session: Session, installation: Installation, ticket_id: str) -> Seal:
    """The seal of the request an inquiry belongs to; KeyLost where it was forgotten."""
    ticket = session.get_one(Ticket, ticket_id)
    request = session.get_one(Request, ticket.request_id)
    return installation.vault.open_key(request.id, request.data_key)


def answer_by(today: date, internal_due: date | None, rules: InquirySettings) -> date:
    """By when an answer is wanted: soon, in time for the ticket's own target, not before tomorrow.

    All figures are the house's own; no law gives one.
    """
    soon = today + timedelta(days=rules.answer_days)
    if internal_due is not None:
        soon = min(soon, internal_due - timedelta(days=rules.spare_days))
    return max(soon, today + timedelta(days=1))


def over(ticket: Ticket, row: InquiryRow) -> bool:
    """Whether nothing more is to be told: its ticket has ended, and it is not about lifting."""
    return ticket.closed_at is not None and row.verb != "lift"


def close_question(seal: Seal, inquiry: str, question: Question) -> bytes:
    """A question, sealed to its inquiry."""
    return seal.close(asdict(question), f"question {inquiry}")


def open_question(seal: Seal, row: InquiryRow) -> Question:
    """The question of an inquiry."""
    told = seal.open(row.sealed_question, f"question {row.id}")
    wanted = tuple(Wanted(**{**one, "fields": tuple(one["fields"])}) for one in told.pop("wanted"))
    return Question(
        words=told["words"],
        whom=told["whom"],
        identifiers=_pairs(told["identifiers"]),
        wanted=wanted,
        purposes=tuple(told["purposes"]),
        key=told["key"],
    )


def _pairs(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, value) for kind, value in rows)


def close_answer(seal: Seal, inquiry: str, answer: Answer, mark: str) -> bytes:
    """An answer and the mark by which the same one is known again, sealed to its inquiry."""
    return seal.close({**asdict(answer), "mark": mark}, f"answer {inquiry}")


def open_answer(seal: Seal, row: InquiryRow) -> tuple[Answer, str] | None:
    """The answer of an inquiry with its mark, or None while there is none."""
    if row.sealed_answer is None:
        return None
    told = seal.open(row.sealed_answer, f"answer {row.id}")
    answer = Answer(
        records=tuple(_record(one) for one in told["records"]),
        receipts=tuple(Receipt(**{**one, "done": Done(one["done"])}) for one in told["receipts"]),
        identifiers=_pairs(told["identifiers"]),
        cannot=told["cannot"],
    )
    return answer, told["mark"]


def _record(told: Mapping[str, Any]) -> Record:
    files = tuple(Attachment(**one) for one in told["attachments"])
    return Record(**{**told, "match": Match(told["match"]), "attachments": files})
