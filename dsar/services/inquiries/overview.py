"""What staff sees of a ticket's inquiries: who was asked what, by when, and the link to pass on."""

from dataclasses import dataclass
from datetime import date, datetime

from dsar.services.inquiries import inquiry_rows, links
from dsar.services.law.clock import today
from dsar.services.runtime.installation import Unit
from dsar.services.runtime.seals import seal_of
from dsar.store.tables import InquiryRow, Ticket
from dsar.store.tickets import request_of
from dsar.store.vault import KeyLost


@dataclass(frozen=True, slots=True)
class InquiryView:
    """Who was asked what, by when an answer is wanted, and how it stands.

    `standing` is one of: not sent, waiting, overdue, answered, over. `link` is there while it can
    be answered by whoever has it.
    """

    source: str
    title: str
    verb: str
    whom: str
    standing: str
    asked_at: datetime | None
    answer_by: date
    answered_at: datetime | None
    link: str | None


def of_ticket(session: Unit, ticket: Ticket) -> tuple[InquiryView, ...]:
    """Every inquiry of a ticket, oldest first."""
    return tuple(_told(session, ticket, row) for row in inquiry_rows.of_ticket(session, ticket.id))


def _told(session: Unit, ticket: Ticket, row: InquiryRow) -> InquiryView:
    installation = session.installation
    source = installation.sources.by_name.get(row.source)
    standing = _standing(session, ticket, row)
    by_people = source is not None and not hasattr(source.adapter, "authentic")
    is_open = standing in {"waiting", "overdue"}
    return InquiryView(
        source=row.source,
        title=source.title if source else row.source,
        verb=row.verb,
        whom=_whom(session, ticket, row),
        standing=standing,
        asked_at=row.asked_at,
        answer_by=row.answer_by,
        answered_at=row.answered_at,
        link=links.address(installation, row.id) if is_open and by_people else None,
    )


def _standing(session: Unit, ticket: Ticket, row: InquiryRow) -> str:
    if row.answered_at is not None:
        return "answered"
    if inquiry_rows.over(ticket, row):
        return "over"
    if row.asked_at is None:
        return "not sent"
    return "overdue" if today(session) > row.answer_by else "waiting"


def _whom(session: Unit, ticket: Ticket, row: InquiryRow) -> str:
    try:
        return inquiry_rows.open_question(seal_of(session, request_of(session, ticket)), row).whom
    except KeyLost:
        return ""
