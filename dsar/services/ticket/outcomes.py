"""What came of acting in one source, told on its coverage line from the receipts it gave."""

from collections import Counter
from collections.abc import Sequence

from dsar.domain.coverage import Outcome, kept_row
from dsar.domain.policy import ON_HOLD
from dsar.domain.reasons import SOURCE_KEEPS, Reason, receipt_reason
from dsar.domain.records import PROOF
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import Unit
from dsar.services.runtime.seals import seal_of
from dsar.store import pages
from dsar.store.coverage import line
from dsar.store.pages import PageRef
from dsar.store.row_states import PageRole
from dsar.store.tables import CoverageLine, Ticket
from dsar.store.tickets import request_of


def tell(session: Unit, ticket: Ticket, source: str) -> None:
    """After acting: proven records counted, kept ones listed with their reason."""
    row = line(session, ticket.id, source)
    _count(session, ticket, row, _pages(session, ticket, source, record_pages.RECEIPTS))
    row.outcome = Outcome.WITHHELD if row.kept else Outcome.ACTED
    row.reason = None
    session.add(row)


def keep_on_hold(session: Unit, ticket: Ticket, row: CoverageLine) -> None:
    """Given up under a legal hold: whatever has no receipt is kept, on the hold's own ground.

    So the answer is the one that the person gets when the hold comes before the decision.
    """
    receipts = _pages(session, ticket, row.source, record_pages.RECEIPTS)
    _count(session, ticket, row, receipts)
    acted = {page.number: page.count for page in receipts}
    left: Counter[str] = Counter()
    for page in _pages(session, ticket, row.source, record_pages.MANIFEST):
        left[page.collection] += page.count - acted.get(page.number, 0)
    why = ON_HOLD.because or Reason(ON_HOLD.ground)
    row.kept = [
        *row.kept,
        *(kept_row(name, n, ON_HOLD.ground, why) for name, n in left.items() if n),
    ]
    row.outcome = Outcome.WITHHELD
    row.reason = None
    session.add(row)


def _pages(session: Unit, ticket: Ticket, source: str, role: PageRole) -> tuple[PageRef, ...]:
    return pages.refs(session, ticket.id, role=role, round_=ticket.round, source=source)


def _count(session: Unit, ticket: Ticket, row: CoverageLine, receipts: Sequence[PageRef]) -> None:
    """What the receipts prove, and what the source keeps by them."""
    kept: Counter[tuple[str, Reason]] = Counter()
    proved = 0
    if receipts:
        seal = seal_of(session, request_of(session, ticket))
        for page, rows in record_pages.opened(session.installation, seal, receipts):
            for done, _, why in map(record_pages.receipt_parts, rows):
                if done in PROOF:
                    proved += 1
                else:
                    kept[(page.collection, why or receipt_reason(""))] += 1
    row.done = proved
    row.kept = [entry for entry in row.kept if entry["ground"] != SOURCE_KEEPS] + [
        kept_row(name, count, SOURCE_KEEPS, why) for (name, why), count in kept.items()
    ]
