"""Views with something in every field, for the tests of what pages make of them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import By, Event, State
from dsar.domain.rights import Right
from dsar.services.bundles.files_view import FilesView, FileView
from dsar.services.bundles.progress import TaskProgress
from dsar.services.inquiries.overview import InquiryView
from dsar.services.letters import WrittenLetter
from dsar.services.views.coverage import CoverageView, KeptView
from dsar.services.views.hindrances import Hindrance
from dsar.services.views.queue import ClockState, HeldTask, QueueRow
from dsar.services.views.supplements import GapView, LinkedTicket, SupplementView
from dsar.services.views.tickets import (
    BundleView,
    DoubtView,
    JournalView,
    LanguageView,
    PersonView,
    PossibleEvent,
    SealedView,
    SiblingView,
    TaskView,
    TicketView,
)
from dsar.store.row_states import BundleState

AT = datetime(2026, 11, 22, 8, 28, 38, 694270, tzinfo=UTC)
DAY = date(2026, 12, 22)
ROW: dict[str, Any] = {
    "ref": "R-AAAAA-BBBBB-1",
    "right": Right.ERASURE,
    "title": "Erasure",
    "state": State.SOURCE_FAILED,
    "owner": By.STAFF,
    "next": "shop: it is away",
    "hindrance": Hindrance("nothing_asked", "No source searches by mail."),
    "due_on": DAY,
    "days_left": 30,
    "internal_due_on": None,
    "overdue": False,
    "clock_state": ClockState.RUNNING,
    "sources": 4,
    "sources_answered": 1,
    "regime": "eu_gdpr",
    "closed_at": None,
}
SUPPLEMENTS = SupplementView(
    gaps=(
        GapView("desk", "Desk", "it is away", AT, AT, "ben",
                (LinkedTicket("R-2", State.IN_REVIEW),)),
        GapView("shop", "Shop", "", None, None, "", ()),
    ),
    askable=("shop",),
    of=LinkedTicket("R-1", State.PARTLY_FULFILLED),
    asks=("Desk",),
)  # fmt: skip
VIEW = TicketView(
    **ROW,
    article="Art. 17",
    request="R-AAAAA-BBBBB",
    siblings=(SiblingView("R-AAAAA-BBBBB-2", Right.ACCESS, State.FULFILLED),),
    received_at=AT,
    channel="desk",
    language=LanguageView("fr", "en", "Asked in French, answered in English."),
    person=PersonView((("email", "ana@example.org"),), "Please."),
    clock={"received": "2026-11-22", "act_at_once": "Stop at once."},
    picture="<svg></svg>",
    doubts=(DoubtView("about_others", "shop.orders", "shop.orders: 2 records", blocks=False),),
    stuck=(HeldTask("shop", "search", "It is away"),),
    possible=(PossibleEvent(Event.RETRY, State.COLLECTING, (), ("reasoned",)),),
    coverage=(
        CoverageView(
            source="shop", title="Web shop", outcome=Outcome.WITHHELD, words="Kept", found=14,
            done=3, residue=2, reason="away", searched_at=AT,
            kept=(KeptView("invoices", 2, "tax law", "they must be kept", DAY, ""),),
        ),
    ),
    supplements=SUPPLEMENTS,
    inquiries=(InquiryView("desk", "Desk", "find", "Ana", "waiting", AT, DAY, None, "https://a"),),
    tasks=(
        TaskView(
            "bundle", "", "leased", 1, 0, 0, "", TaskProgress("records", 1, 2, "", "1 of 2", AT)
        ),
    ),
    bundles=(
        BundleView(
            number=1, file="R-1.zip", state=BundleState.READY, kept_at="/var", sha256="ab" * 32, bytes=86_500,
            built_at=AT, until=AT,
        ),
    ),
    journal=(JournalView(1, AT, "received", "staff:ana", {"channel": "desk"}),),
)  # fmt: skip
SEALED = SealedView(
    letters=(WrittenLetter("received", "It came", "Good day", "en", AT, "ab", "In en"),),
    files=FilesView(
        2, (FileView("shop.a#1", "shop", "a", "7", "x.pdf", "application/pdf", 9, "others"),)
    ),
)


def row(**changes: Any) -> QueueRow:
    """A line of the queue, with these changes."""
    return QueueRow(**ROW | changes)


def view(**changes: Any) -> TicketView:
    """A ticket, with these changes."""
    return replace(VIEW, **changes)


def entry(event: str, actor: str = "staff:ana", **data: Any) -> JournalView:
    """An entry of a history."""
    return JournalView(1, AT, event, actor, data)
