"""When an answer that is awaited becomes pressing: an alert each of the house's days before, and
one when the day by which it was wanted has passed. A late answer still counts."""

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from dsar.config.settings import InquirySettings
from dsar.domain.clock.thresholds import DueAlert
from dsar.services.law.clock import today
from dsar.services.runtime.installation import Installation, Unit
from dsar.store.tables import InquiryRow, Ticket

REMINDER, OVERDUE = "inquiry_reminder", "inquiry_overdue"


def pressing(session: Unit, installation: Installation) -> Iterator[tuple[str, DueAlert]]:
    """Each open ticket's alerts up to today, by its id; what was raised before is for the caller.

    A day before which the question was not asked yet reminds nobody.
    """
    zone, now = ZoneInfo(installation.controller.timezone), today(session)
    rows = session.execute(
        select(col(InquiryRow.ticket_id), col(InquiryRow.asked_at), col(InquiryRow.answer_by))
        .join(Ticket, col(Ticket.id) == col(InquiryRow.ticket_id))
        .where(col(Ticket.closed_at).is_(None))
        .where(col(InquiryRow.asked_at).is_not(None), col(InquiryRow.answered_at).is_(None))
    )
    found = {
        (row.ticket_id, alert.name, alert.day): alert
        for row in rows
        for alert in _passed(
            row.asked_at.astimezone(zone).date(),
            row.answer_by,
            now,
            installation.settings.inquiries,
        )
    }
    for (ticket_id, _, _), alert in found.items():
        yield ticket_id, alert


def _passed(asked: date, wanted: date, now: date, rules: InquirySettings) -> Iterator[DueAlert]:
    for days in rules.remind_days:
        day = wanted - timedelta(days=days)
        if asked < day <= now:
            yield DueAlert(REMINDER, day, f"A source has not answered; wanted by {wanted}.")
    if now > wanted:
        yield DueAlert(OVERDUE, wanted, f"A source did not answer by {wanted}.")
