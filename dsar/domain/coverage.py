"""The coverage ledger: one line per known source and ticket, saying what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How one source's line ends. OPEN is no end: it blocks the ticket's."""

    OPEN = "open"
    SUPPLIED = "supplied"
    NOTHING_HELD = "nothing_held"
    ACTED = "acted"
    WITHHELD = "withheld"
    COULD_NOT = "could_not"
    NOT_IN_SCOPE = "not_in_scope"


#: What each outcome says to the person; the report and the console print the same words.
WORDS = {
    Outcome.OPEN: "Not answered yet",
    Outcome.SUPPLIED: "Data supplied",
    Outcome.NOTHING_HELD: "Searched, nothing held",
    Outcome.ACTED: "Done and checked",
    Outcome.WITHHELD: "Kept or withheld, with its ground",
    Outcome.COULD_NOT: "Could not be done",
    Outcome.NOT_IN_SCOPE: "Not in scope",
}


#: What `Kept.part` says of files that were left out while their records were handed over.
FILE = "file"


@dataclass(frozen=True, slots=True)
class Kept:
    """So many records of one collection were not handed over or not changed, and why.

    `title` is what its source calls the collection in the person's language, if it is known.
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
    `kept` the rest, by ground. `reason` says why it could not be done or is not in scope, and who
    must act. `residue` counts records still there when the source was searched again.
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
        return self.closed and self.outcome not in {Outcome.COULD_NOT, Outcome.WITHHELD}
