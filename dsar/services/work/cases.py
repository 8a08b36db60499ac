"""Puts together what decides about a ticket's records."""

from collections.abc import Iterable, Iterator, Mapping

import structlog
from sqlmodel import Session, col, select

from dsar.config.sources import Source, dictionary
from dsar.domain.coverage import Outcome, why_kept
from dsar.domain.decision import Case, Ruling
from dsar.domain.errors import BadInput
from dsar.domain.policy import ON_HOLD
from dsar.domain.reasons import HOLD_IN_FORCE
from dsar.domain.records import Collection
from dsar.services.law.clock import today
from dsar.services.runtime.installation import Installation, Unit
from dsar.services.runtime.seals import details_of, known_of, seal_of
from dsar.store.coverage import lines
from dsar.store.tables import CoverageLine, Hold, RulingRow, Ticket
from dsar.store.tickets import identifiers, request_of, rulings
from dsar.store.vault import Seal

#: The part of a ruling's place to which the reference of its file is bound.
FILE = " file"

log = structlog.get_logger("dsar.sources")


class Dictionaries(Mapping[str, Mapping[str, Collection]]):
    """Each source's dictionary, read when it is wanted: one out of reach stops no other."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = {source.name: source for source in sources}
        self._read: dict[str, Mapping[str, Collection]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Collection]:
        if name not in self._read:
            self._read[name] = dictionary(self._sources[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


def case_of(session: Unit, ticket: Ticket) -> Case:
    """The case of a ticket as it stands now."""
    installation = session.installation
    details = details_of(session, ticket)
    return Case(
        right=ticket.right,
        policy=installation.policy,
        today=today(session),
        dictionaries=Dictionaries(
            installation.sources[line.source]
            for line in lines(session, ticket.id)
            if line.source in installation.sources and line.found
        ),
        rules=_rules(session, ticket),
        corrections=details.get("corrections", {}),
        purposes=tuple(details.get("purposes", ())),
        known=known_of(session, ticket),
        held=held(session, ticket),
    )


def _rules(session: Unit, ticket: Ticket) -> tuple[Ruling, ...]:
    rows = rulings(session, ticket.id)
    if not rows:
        return ()
    seal = seal_of(session, request_of(session, ticket))
    return tuple(_rule(seal, row) for row in rows)


def place(row: RulingRow, part: str = "") -> str:
    """Where the key of a ruling is bound to, or its file."""
    return f"ruling {row.id}{part}"


def _rule(seal: Seal, row: RulingRow) -> Ruling:
    return Ruling(
        row.source,
        row.collection,
        row.verdict,
        key=seal.open(row.sealed_key, place(row)) if row.sealed_key else "",
        field=row.field,
        ground=row.ground,
        file=seal.open(row.sealed_file, place(row, FILE)) if row.sealed_file else "",
    )


def held(session: Session, ticket: Ticket) -> bool:
    """Whether a legal hold is in force on any identifier of the person."""
    blinds = [row.blind for row in identifiers(session, ticket.request_id)]
    found = session.exec(
        select(Hold.id).where(col(Hold.blind).in_(blinds), col(Hold.lifted_at).is_(None)).limit(1)
    ).first()
    return found is not None


def kept_by_hold(line: CoverageLine) -> bool:
    """Whether a source's records were spared because of a legal hold, and maybe of nothing else."""
    if line.outcome == Outcome.COULD_NOT and line.reason == HOLD_IN_FORCE:
        return True
    return any(why_kept(entry) == ON_HOLD.because for entry in line.kept)


def check_purposes(installation: Installation, names: tuple[str, ...]) -> None:
    """Refuses a purpose that no activity of the policy has."""
    for name in names:
        if name not in installation.policy.activities:
            known = ", ".join(sorted(installation.policy.activities))
            raise BadInput("purpose", f"{name} is no activity of the policy.", f"Known: {known}.")


def check_corrections(installation: Installation, names: Iterable[str]) -> None:
    """Refuses a correction of something no source has: it would be answered and change nothing.

    What is refused is not repeated, for it may be a name that was typed in the wrong place. Nothing
    is refused while a source is out of reach; whoever reviews the ticket sees what was found.
    """
    terms: set[str] = set()
    places: set[str] = set()
    for source in installation.sources:
        try:
            collections = dictionary(source).values()
        except Exception as error:  # noqa: BLE001 - whatever a stranger's adapter raises
            log.warning("source.not_opened", source=source.name, error=type(error).__name__)
            return
        places |= {f"{source.name}.{collection.name}." for collection in collections}
        terms |= {entry.term for one in collections for entry in one.fields if entry.term}
    for name in names:
        if name not in terms and not name.startswith(tuple(places)):
            mend = f"Write SOURCE.COLLECTION.FIELD=VALUE, or one of: {', '.join(sorted(terms))}."
            raise BadInput("correct", "names nothing that a source holds.", mend)
