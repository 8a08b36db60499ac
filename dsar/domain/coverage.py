"""The coverage ledger: one line per known source and ticket, saying what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from dsar.domain.reasons import LONGEST, SOURCE_KEEPS, Reason, from_json, receipt_reason


class Outcome(StrEnum):
    """How one source's line ends. OPEN is no end: it blocks the ticket's."""

    OPEN = "open"
    SUPPLIED = "supplied"
    NOTHING_HELD = "nothing_held"
    ACTED = "acted"
    WITHHELD = "withheld"
    COULD_NOT = "could_not"
    NOT_IN_SCOPE = "not_in_scope"
    NOT_ASKED = "not_asked"


class TicketOutcome(StrEnum):
    """What a whole ledger answers the person.

    NOTHING_FOUND: somewhere it could not be searched. NOTHING_MORE: what an earlier answer had left
    open was searched, and nothing was found beside it.
    """

    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    NOTHING_HELD = "nothing_held"
    NOTHING_FOUND = "nothing_found"
    NOTHING_MORE = "nothing_more"


#: Ends by which a line is closed and nothing is proven of all that was asked.
UNPROVEN = frozenset({Outcome.COULD_NOT, Outcome.WITHHELD})

#: What each outcome says to the person; the report and the console print the same words.
WORDS = {
    Outcome.OPEN: "Not answered yet",
    Outcome.SUPPLIED: "Data supplied",
    Outcome.NOTHING_HELD: "Searched, nothing held",
    Outcome.ACTED: "Done and checked",
    Outcome.WITHHELD: "Kept or withheld, with its ground",
    Outcome.COULD_NOT: "Could not be done",
    Outcome.NOT_IN_SCOPE: "Not in scope",
    Outcome.NOT_ASKED: "Not searched",
}


def asked(outcome: Outcome, searched_at: datetime | None) -> bool:
    """Whether a source was asked for the person at all; what it says of itself may be open still.

    One was not whose turn has not come, or that searches by no identifier the person is known by.
    """
    return searched_at is not None or outcome not in {Outcome.OPEN, Outcome.NOT_ASKED}


class ToldLine(Protocol):
    """What an answer is made of: a row of the ledger, or its value."""

    @property
    def outcome(self) -> Outcome: ...
    @property
    def found(self) -> int: ...


def found_anybody(ledger: Iterable[ToldLine]) -> bool:
    """Whether some source holds something of the person, done with it whatever may be."""
    return any(line.found and line.outcome is not Outcome.NOTHING_HELD for line in ledger)


def outcome_of(ledger: Iterable[ToldLine], *, supplements: bool = False) -> TicketOutcome:
    """What a closed ledger answers; nothing is held only where nothing hindered a search.

    GDPR Art. 15(1): the person is told whether or not data about them are processed. A ledger that
    `supplements` another cannot say that of the whole.
    """
    every = tuple(ledger)
    proven = all(line.outcome not in UNPROVEN for line in every)
    if found_anybody(every):
        return TicketOutcome.FULFILLED if proven else TicketOutcome.PARTLY_FULFILLED
    if supplements:
        return TicketOutcome.NOTHING_MORE
    return TicketOutcome.NOTHING_HELD if proven else TicketOutcome.NOTHING_FOUND


#: What `Kept.part` says of files that were left out while their records were handed over.
FILE = "file"


def kept_row(
    collection: str,
    count: int,
    ground: str,
    because: Reason,
    *,
    until: date | None = None,
    part: str = "",
) -> dict[str, Any]:
    """So many records that were kept, as a ledger's line holds them in JSON."""
    row = {"part": part} if part else {}
    return row | {
        "collection": collection,
        "count": count,
        "ground": ground,
        "because": because.as_json(),
        "until": until.isoformat() if until else None,
    }


#: The code of a ground whose sentence was written down before there were codes; else `ruled`.
_BEFORE = {"not_portable": "not_portable", "lost_file": "file_unreadable"}


def why_kept(row: Mapping[str, Any]) -> Reason:
    """Why so many records were kept, of a row that `kept_row` made.

    One from before there were codes holds a sentence: staff reads it, the person reads its ground.
    """
    because, ground = row["because"], str(row["ground"])
    if not isinstance(because, str):
        return from_json(because)
    if ground == SOURCE_KEEPS:
        return receipt_reason(because)
    params = {"ground": ground, "text": because[:LONGEST]}
    return Reason(_BEFORE.get(ground, "ruled"), params)


@dataclass(frozen=True, slots=True)
class Kept:
    """So many records of one collection were not handed over or not changed, and why.

    `because` is in the person's words. `title` is what its source calls the collection in their
    language, if it is known.
    `part` is `FILE` where only so many files of records were left out, else "".
    """

    collection: str
    count: int
    ground: str
    because: str
    until: date | None = None
    title: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one source for one ticket.

    `found` counts the records the source returned; `done` those supplied or proven acted on;
    `kept` the rest, by ground. `reason` says in the person's words why it could not be done or is
    not in scope. `residue` counts records still there when the source was searched again.
    """

    source: str
    title: str
    outcome: Outcome
    found: int = 0
    done: int = 0
    kept: tuple[Kept, ...] = ()
    reason: str = ""
    residue: int = 0
    searched_at: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.outcome is not Outcome.OPEN

    @property
    def proven(self) -> bool:
        """The source did all that was asked, nothing failed and nothing was held back."""
        return self.closed and self.outcome not in UNPROVEN
