"""What staff reads for each state, right, owner, event: tables, and tests that none is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dsar.domain.lifecycle import By, Event, State, TaskKind
from dsar.domain.rights import Right
from dsar.services.views.queue import ClockState, QueueRow

#: The right as staff calls it, and what it asks of us.
RIGHTS: Mapping[Right, tuple[str, str]] = {
    Right.ACCESS: ("Access", "a copy of the data and what is done with it"),
    Right.RECTIFICATION: ("Correction", "wrong data put right"),
    Right.ERASURE: ("Erasure", "data deleted that need not be kept"),
    Right.RESTRICTION: ("Restriction", "data kept but not used"),
    Right.OBJECTION: ("Objection", "a use of the data ended"),
    Right.PORTABILITY: ("Portability", "data in a form another service can read"),
    Right.CONSENT_WITHDRAWAL: ("Withdrawal of consent", "what rested on consent ended"),
    Right.AUTOMATED_DECISION_REVIEW: ("Review of a decision", "a machine's decision taken anew"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A short label and its tone, which the style sheet colours; the words alone say it all."""

    label: str
    tone: str


#: Tones: ours (staff must act), theirs (the person must), engine (it runs by itself), trouble
#: (staff must act because something failed), good, part, over (ended without an answer).
STATES: Mapping[State, Badge] = {
    State.RECEIVED: Badge("Received", "ours"),
    State.AWAITING_IDENTITY: Badge("Proof of identity asked", "theirs"),
    State.LAPSED: Badge("No proof came", "theirs"),
    State.VERIFIED: Badge("Identity confirmed", "ours"),
    State.AWAITING_CLARIFICATION: Badge("Clarification asked", "theirs"),
    State.AWAITING_FEE: Badge("Fee asked", "theirs"),
    State.ACCEPTED: Badge("Accepted", "engine"),
    State.COLLECTING: Badge("Searching", "engine"),
    State.SOURCE_FAILED: Badge("A source failed", "trouble"),
    State.NOBODY_FOUND: Badge("Nobody found", "ours"),
    State.AWAITING_IDENTIFIERS: Badge("Further identifiers asked", "theirs"),
    State.IN_REVIEW: Badge("In review", "ours"),
    State.ACTING: Badge("Acting in the sources", "engine"),
    State.ACTION_FAILED: Badge("A source could not act", "trouble"),
    State.CHECKING: Badge("Looking again", "engine"),
    State.ASSEMBLING: Badge("Building the bundle", "engine"),
    State.ASSEMBLY_FAILED: Badge("Bundle not built", "trouble"),
    State.READY: Badge("Ready to hand over", "ours"),
    State.FULFILLED: Badge("Fulfilled", "good"),
    State.PARTLY_FULFILLED: Badge("Partly fulfilled", "part"),
    State.NOTHING_HELD: Badge("Nothing held", "good"),
    State.REFUSED: Badge("Refused", "over"),
    State.WITHDRAWN: Badge("Withdrawn", "over"),
    State.UNANSWERED: Badge("Closed unanswered", "over"),
}

OWNERS: Mapping[By | None, str] = {
    By.STAFF: "Staff",
    By.PERSON: "The person",
    By.SYSTEM: "dsar",
    None: "Nobody: it has ended",
}

#: What an event is called when somebody may let it happen.
EVENTS: Mapping[Event, str] = {
    Event.ASK_IDENTITY: "Ask for proof of identity",
    Event.REMIND: "Remind the person",
    Event.CONFIRM_IDENTITY: "Confirm who asks",
    Event.LAPSE: "Let it lapse",
    Event.CLOSE: "Close it without an answer",
    Event.ASK_CLARIFICATION: "Ask what is meant",
    Event.CLARIFY: "Note what is meant",
    Event.ASK_FEE: "Ask for a fee",
    Event.FEE_SETTLED: "Note that the fee is settled",
    Event.ACCEPT: "Accept the request",
    Event.START: "Start the search",
    Event.SOURCES_ANSWERED: "All sources have answered",
    Event.SOURCE_FAILS: "A source has failed",
    Event.NOBODY_FOUND: "Nobody was found",
    Event.ASK_IDENTIFIERS: "Ask what else the person is known by",
    Event.CONFIRM_NOTHING: "Confirm that nothing is held of the person",
    Event.SEARCH_ANEW: "Search anew, by what else the person is known by",
    Event.RETRY: "Try again what failed",
    Event.ACCEPT_GAP: "Go on, and name the gap in the answer",
    Event.APPROVE: "Approve what was found",
    Event.DECIDE: "Write down the new decision",
    Event.REVISE: "Rule on what is in doubt",
    Event.ACTED: "All sources have acted",
    Event.ACTION_FAILS: "A source could not act",
    Event.CHECKED: "Nothing was left over",
    Event.RESIDUE_FOUND: "Something was left over",
    Event.BUNDLE_BUILT: "The bundle is built",
    Event.BUNDLE_FAILS: "The bundle could not be built",
    Event.DELIVER: "Hand it over",
    Event.DELIVER_PART: "Hand over what could be done",
    Event.DELIVER_NOTHING: "Tell the person that nothing is held",
    Event.EXTEND: "Extend the period",
    Event.REFUSE: "Refuse, on a ground the law knows",
    Event.WITHDRAW: "The person withdraws it",
}

#: Kinds of task, as the subject of a sentence.
TASKS: Mapping[TaskKind, str] = {
    TaskKind.SEARCH: "The search",
    TaskKind.RESTRICT_NOW: "The restriction at once",
    TaskKind.DECIDE: "The decision by policy",
    TaskKind.ACT: "The action",
    TaskKind.LOOK_AGAIN: "The second look",
    TaskKind.LIFT: "The end of the restriction",
    TaskKind.BUNDLE: "The bundle",
    TaskKind.START: "The start",
}


@dataclass(frozen=True, slots=True)
class Due:
    """When a ticket is due: the day if there is one, how it stands in words, and its tone."""

    day: date | None
    words: str
    tone: str


#: Days before the end from which a due date is shown as near.
NEAR = 7

_NO_DAY: Mapping[ClockState, Due] = {
    ClockState.NOT_STARTED: Due(None, "The clock waits for an answer", "still"),
    ClockState.STANDS_STILL: Due(None, "The clock stands still", "still"),
    ClockState.AT_ONCE: Due(None, "At once", "near"),
    ClockState.NO_DAY: Due(None, "Without undue delay", "calm"),
}


def due_of(row: QueueRow) -> Due:
    """How the due date of a line of the queue stands; an ended ticket's is only a date."""
    day, left = row.due_on, row.days_left
    if row.closed_at:
        return Due(day, "", "calm")
    if row.clock_state is not ClockState.RUNNING or left is None:
        known = _NO_DAY.get(row.clock_state, _NO_DAY[ClockState.NO_DAY])
        return Due(day, known.words, known.tone)
    if row.overdue or left < 0:
        return Due(day, f"{days(-left)} overdue" if left < 0 else "Overdue", "over")
    if left == 0:
        return Due(day, "Today is the last day", "near")
    return Due(day, f"{days(left)} left", "near" if left <= NEAR else "calm")


def days(number: int) -> str:
    """So many days, in words."""
    return "1 day" if number == 1 else f"{number} days"


def law(regime: str) -> str:
    """A regime's id as a short name: eu_gdpr is EU GDPR."""
    return regime.replace("_", " ").upper()
