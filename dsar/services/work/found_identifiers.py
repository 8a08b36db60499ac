"""What sources say of who a person is: further identifiers, each with who vouches for it.

One that may be somebody else's is kept apart and used for nothing until a person has said whose it
is; the search that brought it waits for them. Else one wrong number in one system would hand over
another person's data from the next.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import structlog
from sqlmodel import Session, col, select

from dsar.domain.errors import BadInput
from dsar.domain.identity import (
    GIVEN,
    NOT_THEIRS,
    SEVERAL,
    STATED,
    UNSETTLED,
    UNUSED,
    normal,
)
from dsar.domain.lifecycle import TaskKind
from dsar.domain.reasons import Reason
from dsar.sdk import NeedsHuman, Page
from dsar.services.runtime import seals
from dsar.services.runtime.installation import Installation, Unit, reading, transaction
from dsar.services.ticket.run_task import Run
from dsar.store import tasks
from dsar.store.engine import add_once
from dsar.store.tables import Identifier, Ticket
from dsar.store.tasks import TaskState
from dsar.store.tickets import identifiers, locked, request_of
from dsar.store.vault import Seal

log = structlog.get_logger("dsar.tasks")

#: Why a search stands still that gave an identifier which may be somebody else's.
IN_DOUBT = "identifier_in_doubt"

_UNPROVEN = (STATED, GIVEN, UNSETTLED, NOT_THEIRS)


def learn(session: Unit, seal: Seal, ticket: Ticket, source: str, page: Page) -> frozenset[str]:
    """Keeps the identifiers of a page that passed; those known already stay as they are.

    Returns the kinds of those that are new.
    """
    return frozenset(
        kind for kind, exact in _usable(page) if _keep(session, seal, ticket, source, kind, exact)
    )


def _keep(
    session: Unit,
    seal: Seal,
    ticket: Ticket,
    source: str,
    *pair: str,
    evidence: str = GIVEN,
) -> bool:
    kind, exact = pair
    installation = session.installation
    blind = installation.vault.blind(kind, exact)
    row = Identifier(
        request_id=ticket.request_id,
        kind=kind,
        blind=blind,
        sealed=seal.close(exact, seals.place(kind, blind)),
        evidence=evidence,
        source=source,
    )
    return add_once(session, installation.store, row, same=("request_id", "kind", "blind"))


def _usable(page: Page) -> Iterator[tuple[str, str]]:
    """A source's data may be malformed: what is no identifier finds nobody and stops nobody."""
    for kind, value in page.identifiers:
        try:
            yield kind, normal(kind, value)
        except BadInput:
            log.info("identifier.unusable", kind=kind)


@dataclass
class IdentifierCheck:
    """Looks at what one search says of the person before any of it is used."""

    installation: Installation
    run: Run
    seal: Seal
    _people: set[str] = field(default_factory=set)

    def examine(self, page: Page) -> None:
        """Raises NeedsHuman where an identifier may be somebody else's; it is kept apart then."""
        self._people |= {one.subject for one in page.records if one.subject is not None}
        pairs = tuple(dict.fromkeys(_usable(page)))
        if not pairs:
            return
        with reading(self.installation) as session:
            ticket = session.get_one(Ticket, self.run.lease.ticket_id)
            ref = request_of(session, ticket).ref
            known = identifiers(session, ticket.request_id)
            doubtful = [pair for pair in pairs if self._is_doubtful(session, ticket, known, *pair)]
            strange = [pair for pair in doubtful if self._is_strange(session, ticket, known, *pair)]
            left = _left_in_doubt(session, ticket, known, {kind for kind, _ in pairs})
        if doubtful:
            self._set_apart(doubtful, strange, known)
        if doubtful or left:
            names = sorted({kind for kind, _ in doubtful} | left)
            raise NeedsHuman(code=IN_DOUBT, kinds=names, ref=ref)

    def _is_doubtful(
        self, session: Session, ticket: Ticket, known: Sequence[Identifier], *pair: str
    ) -> bool:
        kind, exact = pair
        source = self.run.lease.source
        blind = self.installation.vault.blind(kind, exact)
        row = next((one for one in known if (one.kind, one.blind) == (kind, blind)), None)
        several = len(self._people) > 1
        if row is not None:
            mine = row.evidence == GIVEN and row.source == source
            return row.evidence == UNSETTLED or (several and mine)
        contradicts = bool(_contradicting(known, source, kind))
        return several or contradicts or self._is_strange(session, ticket, known, *pair)

    def _is_strange(
        self, session: Session, ticket: Ticket, known: Sequence[Identifier], *pair: str
    ) -> bool:
        kind, exact = pair
        blind = self.installation.vault.blind(kind, exact)
        return bool(proven_elsewhere(session, ticket, known, kind, blind))

    def _set_apart(
        self,
        pairs: Sequence[tuple[str, str]],
        strange: Collection[tuple[str, str]],
        known: Sequence[Identifier],
    ) -> None:
        """Also what another source gave and this one contradicts: either may be the wrong one.

        But one that somebody else proved to be theirs (`strange`) casts no doubt on any other: so
        it does not matter which of the two sources answered first.
        """
        source = self.run.lease.source
        places = {(kind, self.installation.vault.blind(kind, exact)) for kind, exact in pairs}
        for kind, _ in (pair for pair in pairs if pair not in strange):
            places |= {(kind, one.blind) for one in _contradicting(known, source, kind)}
        with transaction(self.installation) as session:
            ticket = locked(session, self.run.lease.ticket_id)
            for pair in pairs:
                _keep(session, self.seal, ticket, source, *pair, evidence=UNSETTLED)
            for row in identifiers(session, ticket.request_id):
                if (row.kind, row.blind) in places and row.evidence == GIVEN:
                    row.evidence = UNSETTLED
                    session.add(row)


def stopped_at(reason: Reason | None, kind: str) -> bool:
    """Whether a search stopped at an identifier of this kind."""
    return reason is not None and reason.code == IN_DOUBT and kind in reason.names("kinds")


def _contradicting(known: Sequence[Identifier], source: str, kind: str) -> list[Identifier]:
    """Others of a kind of which a person has one, from elsewhere."""
    if kind in SEVERAL:
        return []
    used = (one for one in known if one.kind == kind and one.evidence not in UNUSED)
    return [one for one in used if one.source != source]


def _left_in_doubt(
    session: Session, ticket: Ticket, known: Sequence[Identifier], kinds: Collection[str]
) -> set[str]:
    """Kinds of which one is in doubt that no other search will stop for: its source is done."""
    left = [one for one in known if one.evidence == UNSETTLED and one.kind in kinds]
    if not left:
        return set()
    over = (TaskState.DONE,)
    searches = tasks.of_tickets(session, [ticket.id], kind=TaskKind.SEARCH, states=over)
    done = {row.source for row in searches}
    return {one.kind for one in left if one.source in done}


def proven_elsewhere(
    session: Session, ticket: Ticket, known: Sequence[Identifier], kind: str, blind: str
) -> list[str]:
    """The requests in which somebody else, with whom we share nothing proven, proved it theirs."""
    own = {one.blind for one in known if one.evidence not in _UNPROVEN}
    same = (col(Identifier.kind) == kind, col(Identifier.blind) == blind)
    others = session.exec(
        select(Identifier.request_id)
        .where(*same, col(Identifier.request_id) != ticket.request_id)
        .where(col(Identifier.evidence).not_in(_UNPROVEN))
    ).all()
    return [
        other
        for other in others
        if own.isdisjoint(row.blind for row in identifiers(session, other))
    ]
