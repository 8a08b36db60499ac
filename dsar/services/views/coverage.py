"""What came of each source of a ticket, in the words of staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dsar.domain.coverage import WORDS, Outcome, why_kept
from dsar.domain.regimes import Regime
from dsar.services.law import regimes
from dsar.services.letters.reason_words import for_staff
from dsar.services.runtime.installation import Unit
from dsar.store.coverage import lines
from dsar.store.tables import CoverageLine, Ticket


@dataclass(frozen=True, slots=True)
class KeptView:
    """So many records of a collection that are kept; `part` is "file" where files of them are."""

    collection: str
    count: int
    ground: str
    because: str
    until: date | None
    part: str


@dataclass(frozen=True, slots=True)
class CoverageView:
    """What came of one source."""

    source: str
    title: str
    outcome: Outcome
    words: str
    found: int
    done: int
    residue: int
    kept: tuple[KeptView, ...]
    reason: str
    searched_at: datetime | None


def coverage_of(session: Unit, ticket: Ticket) -> tuple[CoverageView, ...]:
    """Every source of a ticket, in the order in which they stand in its ledger."""
    regime = regimes.load(ticket.regime)
    return tuple(_line(row, regime) for row in lines(session, ticket.id))


def _line(row: CoverageLine, regime: Regime) -> CoverageView:
    outcome = row.outcome
    return CoverageView(
        source=row.source,
        title=row.title,
        outcome=outcome,
        words=WORDS[outcome],
        found=row.found,
        done=row.done,
        residue=row.residue,
        kept=tuple(_kept(entry, regime) for entry in row.kept),
        reason=for_staff(row.reason, regime),
        searched_at=row.searched_at,
    )


def _kept(entry: Mapping[str, Any], regime: Regime) -> KeptView:
    return KeptView(
        collection=entry["collection"],
        count=entry["count"],
        ground=entry["ground"],
        because=for_staff(why_kept(entry), regime),
        until=date.fromisoformat(entry["until"]) if entry["until"] else None,
        part=entry.get("part", ""),
    )
