"""The staff of a fault run: whoever is asked looks, does by hand what is missing, lets it go on.

Where a source is hostile there is nothing to do by hand: its gap is named and accepted.
"""

import time

from sqlalchemy import text

from dsar.domain.lifecycle import Event
from dsar.services.desk import review
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.ticket.advance import advance
from dsar.store.tickets import locked
from tests.faults.ledger import SOURCES, person, places
from tests.faults.place import Place
from tests.faults.product import STAFF, filed
from tests.faults.report import Report

_STANDING = text(
    "SELECT id, version, state FROM ticket"
    " WHERE state IN ('source_failed', 'action_failed', 'assembly_failed')"
    " OR (state = 'in_review' AND decided_at IS NOT NULL AND doubts::text <> '[]')"
)
_STUCK = text(
    "SELECT source FROM task WHERE ticket_id = :ticket AND source <> ''"
    " AND state IN ('parked', 'waiting_human')"
    " UNION SELECT source FROM coverage WHERE ticket_id = :ticket AND residue > 0"
)
_FOUND = text("SELECT source FROM coverage WHERE ticket_id = :ticket AND found > 0")
_BEGUN = text(
    "SELECT e.source, p.collection, r.idempotency_key FROM effect e"
    " JOIN page p ON p.ticket_id = e.ticket_id AND p.source = e.source"
    " AND p.number = e.number AND p.role = 'manifest'"
    " JOIN ticket k ON k.id = e.ticket_id JOIN request r ON r.id = k.request_id"
    " WHERE k.id = :ticket AND e.state = 'intent'"
)


class People:
    """Looks at what stands at staff, and acts on what has stood there long enough."""

    def __init__(self, installation: Installation, place: Place, report: Report) -> None:
        self.installation = installation
        self.place = place
        self.report = report
        self._since: dict[tuple[str, int], float] = {}

    def act(self) -> None:
        """One look at the queue."""
        with self.installation.store.reading() as session:
            rows = session.connection().execute(_STANDING).all()
        now = time.monotonic()
        standing = {(ticket, version): state for ticket, version, state in rows}
        self._since = {place: self._since.get(place, now) for place in standing}
        for (ticket, version), state in standing.items():
            if now - self._since[ticket, version] > self.place.setting.person_seconds:
                self._decide(ticket, state)

    def _decide(self, ticket: str, state: str) -> None:
        stuck = self._sources(_STUCK, ticket)
        if state == "in_review":
            self._keep(ticket)
        elif stuck and not stuck & set(SOURCES):
            self._move(ticket, Event.ACCEPT_GAP)
        else:
            begun = self._finish_by_hand(ticket)
            self.report.by_hand += begun
            self.report.let_go_on += not begun
            self._move(ticket, Event.RETRY)

    def _sources(self, which: object, ticket: str) -> set[str]:
        with self.installation.store.reading() as session:
            return set(session.connection().scalars(which, {"ticket": ticket}))  # type: ignore[call-overload]

    def _move(self, ticket: str, event: Event) -> None:
        because = Because(reason="looked there", decided_by="ana")
        with transaction(self.installation) as session:
            advance(session, STAFF, ticket, event, because=because)

    def _keep(self, ticket: str) -> None:
        """A source mixed up two people: nothing that it found is touched."""
        ruled = tuple(
            review.parse(f"{source}.orders=keep:erasure_expression")
            for source in self._sources(_FOUND, ticket) - set(SOURCES)
        )
        with transaction(self.installation) as session:
            row = locked(session, ticket)
            review.rule(session, STAFF, row, ruled, reason="two people were mixed up")

    def _finish_by_hand(self, ticket: str) -> int:
        """Does in the good sources what was begun there and is not done; how much was begun."""
        with self.installation.store.reading() as session:
            begun = session.connection().execute(_BEGUN, {"ticket": ticket}).all()
        ours = [row for row in begun if row.source in SOURCES]
        numbers = filed(self.installation, self.place.setting.tickets)
        for source, name, key in ours:
            email = person(numbers[key])
            gone = self.place.ledger.gone(f"{source}/{name}/{email}")
            self.place.ledger.write(sorted(places(source, name, email) - gone))
        return len(ours)
