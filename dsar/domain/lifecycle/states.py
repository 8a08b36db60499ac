"""The words of the machine: where a ticket can stand, what can happen to it, and by whose hand."""

from enum import StrEnum


class State(StrEnum):
    """Where a ticket stands. Each has one owner who must act next (OWNER)."""

    RECEIVED = "received"
    AWAITING_IDENTITY = "awaiting_identity"
    LAPSED = "lapsed"
    VERIFIED = "verified"
    AWAITING_CLARIFICATION = "awaiting_clarification"
    AWAITING_FEE = "awaiting_fee"
    ACCEPTED = "accepted"
    COLLECTING = "collecting"
    SOURCE_FAILED = "source_failed"
    NOBODY_FOUND = "nobody_found"
    AWAITING_IDENTIFIERS = "awaiting_identifiers"
    IN_REVIEW = "in_review"
    ACTING = "acting"
    ACTION_FAILED = "action_failed"
    CHECKING = "checking"
    ASSEMBLING = "assembling"
    ASSEMBLY_FAILED = "assembly_failed"
    READY = "ready"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    NOTHING_HELD = "nothing_held"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNANSWERED = "unanswered"


class Event(StrEnum):
    """What can happen to a ticket; staff types the same words at the command line."""

    ASK_IDENTITY = "ask_identity"
    REMIND = "remind"
    CONFIRM_IDENTITY = "confirm_identity"
    LAPSE = "lapse"
    CLOSE = "close"
    ASK_CLARIFICATION = "ask_clarification"
    CLARIFY = "clarify"
    ASK_FEE = "ask_fee"
    FEE_SETTLED = "fee_settled"
    ACCEPT = "accept"
    START = "start"
    SOURCES_ANSWERED = "sources_answered"
    SOURCE_FAILS = "source_fails"
    NOBODY_FOUND = "nobody_found"
    ASK_IDENTIFIERS = "ask_identifiers"
    SEARCH_ANEW = "search_anew"
    CONFIRM_NOTHING = "confirm_nothing"
    RETRY = "retry"
    ACCEPT_GAP = "accept_gap"
    APPROVE = "approve"
    DECIDE = "decide"
    REVISE = "revise"
    ACTED = "acted"
    ACTION_FAILS = "action_fails"
    CHECKED = "checked"
    RESIDUE_FOUND = "residue_found"
    BUNDLE_BUILT = "bundle_built"
    BUNDLE_FAILS = "bundle_fails"
    DELIVER = "deliver"
    DELIVER_PART = "deliver_part"
    DELIVER_NOTHING = "deliver_nothing"
    EXTEND = "extend"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class By(StrEnum):
    """Who lets an event happen."""

    STAFF = "staff"
    PERSON = "person"
    SYSTEM = "system"


#: Who may use a row of each hand: staff acts for the person at the desk; the engine may do what
#: staff may where a setting of the house tells it to, and nothing that belongs to the person.
HANDS = {
    By.STAFF: frozenset({By.STAFF, By.SYSTEM}),
    By.PERSON: frozenset({By.PERSON, By.STAFF}),
    By.SYSTEM: frozenset({By.SYSTEM}),
}


ENDS = frozenset(
    {
        State.FULFILLED,
        State.PARTLY_FULFILLED,
        State.NOTHING_HELD,
        State.REFUSED,
        State.WITHDRAWN,
        State.UNANSWERED,
    }
)

#: The ends at which the person was handed an answer.
ANSWERED = frozenset({State.FULFILLED, State.PARTLY_FULFILLED, State.NOTHING_HELD})

#: Who must act next while a ticket stands there: what the queue sorts staff's work by.
OWNER = {
    State.RECEIVED: By.STAFF,
    State.AWAITING_IDENTITY: By.PERSON,
    State.LAPSED: By.PERSON,
    State.VERIFIED: By.STAFF,
    State.AWAITING_CLARIFICATION: By.PERSON,
    State.AWAITING_FEE: By.PERSON,
    State.ACCEPTED: By.SYSTEM,
    State.COLLECTING: By.SYSTEM,
    State.SOURCE_FAILED: By.STAFF,
    State.NOBODY_FOUND: By.STAFF,
    State.AWAITING_IDENTIFIERS: By.PERSON,
    State.IN_REVIEW: By.STAFF,
    State.ACTING: By.SYSTEM,
    State.ACTION_FAILED: By.STAFF,
    State.CHECKING: By.SYSTEM,
    State.ASSEMBLING: By.SYSTEM,
    State.ASSEMBLY_FAILED: By.STAFF,
    State.READY: By.STAFF,
}
