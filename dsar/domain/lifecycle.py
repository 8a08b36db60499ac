"""The life of a ticket as one table: a row is a rule, with who may use it and on which ground.

Buttons, letters, tasks, the diagram in the README and the tests are drawn from TABLE. `ground` is a
key that the regime turns into a citation, so one machine serves every law. `needs` names what must
be true first (see `conditions.py`); `letter` what the person is told; `owes` the kinds of task that
start with the transition, one per source where the kind works on sources.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dsar.domain.rights import ACTING, COPYING, Right


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
    IN_REVIEW = "in_review"
    ACTING = "acting"
    ACTION_FAILED = "action_failed"
    CHECKING = "checking"
    ASSEMBLING = "assembling"
    ASSEMBLY_FAILED = "assembly_failed"
    READY = "ready"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
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
        State.REFUSED,
        State.WITHDRAWN,
        State.UNANSWERED,
    }
)

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
    State.IN_REVIEW: By.STAFF,
    State.ACTING: By.SYSTEM,
    State.ACTION_FAILED: By.STAFF,
    State.CHECKING: By.SYSTEM,
    State.ASSEMBLING: By.SYSTEM,
    State.ASSEMBLY_FAILED: By.STAFF,
    State.READY: By.STAFF,
}

S, E = State, Event
_EVERY = frozenset(Right)
_UNDECIDED = (S.RECEIVED, S.AWAITING_IDENTITY, S.VERIFIED, S.AWAITING_CLARIFICATION, S.AWAITING_FEE)
_SEARCHED = (S.ACCEPTED, S.COLLECTING, S.SOURCE_FAILED, S.IN_REVIEW)
_WORKING = (
    S.ACTING,
    S.ACTION_FAILED,
    S.CHECKING,
    S.ASSEMBLING,
    S.ASSEMBLY_FAILED,
    S.READY,
)
_REFUSABLE = _EVERY - {Right.CONSENT_WITHDRAWAL}
_RESTRICTING = frozenset({Right.OBJECTION, Right.RECTIFICATION})
_REVIEWED = frozenset({Right.AUTOMATED_DECISION_REVIEW})


@dataclass(frozen=True, slots=True)
class Transition:
    """One rule: in this state this event, by this hand, leads there. See the module's head."""

    start: State
    event: Event
    end: State
    by: By
    ground: str
    letter: str | None = None
    needs: tuple[str, ...] = ()
    owes: tuple[str, ...] = ()
    rights: frozenset[Right] = _EVERY


T = Transition
_STAFF, _PERSON, _SYSTEM = By.STAFF, By.PERSON, By.SYSTEM


def _rows() -> Iterator[Transition]:
    # fmt: off
    yield T(S.RECEIVED,               E.ASK_IDENTITY,      S.AWAITING_IDENTITY,      _STAFF,  "identity_doubt",       "ask_identity", ("reasoned",))
    yield T(S.RECEIVED,               E.CONFIRM_IDENTITY,  S.VERIFIED,               _STAFF,  "identity_proven",      None, ("identified", "reasoned"))
    yield T(S.AWAITING_IDENTITY,      E.CONFIRM_IDENTITY,  S.VERIFIED,               _STAFF,  "identity_proven",      None, ("identified", "reasoned"))
    yield T(S.AWAITING_IDENTITY,      E.REMIND,            S.AWAITING_IDENTITY,      _SYSTEM, "identity_doubt",       "remind_identity")
    yield T(S.AWAITING_IDENTITY,      E.LAPSE,             S.LAPSED,                 _SYSTEM, "identity_not_proven",  "lapsed")
    yield T(S.LAPSED,                 E.CONFIRM_IDENTITY,  S.VERIFIED,               _STAFF,  "late_proof",           None, ("identified", "reasoned"))
    yield T(S.LAPSED,                 E.CLOSE,             S.UNANSWERED,             _STAFF,  "lapsed")
    yield T(S.VERIFIED,               E.ASK_CLARIFICATION, S.AWAITING_CLARIFICATION, _STAFF,  "clarification",        "ask_clarification", ("reasoned",))
    yield T(S.AWAITING_CLARIFICATION, E.CLARIFY,           S.VERIFIED,               _STAFF,  "clarification")
    yield T(S.VERIFIED,               E.ASK_FEE,           S.AWAITING_FEE,           _STAFF,  "fee",                  "ask_fee", ("may_be_refused", "reasoned"))
    yield T(S.AWAITING_FEE,           E.FEE_SETTLED,       S.VERIFIED,               _STAFF,  "fee")
    yield T(S.VERIFIED,               E.ACCEPT,            S.ACCEPTED,               _STAFF,  "accepted",             "accepted")
    yield T(S.ACCEPTED,               E.START,             S.COLLECTING,             _SYSTEM, "search",               None, ("its_turn",), ("search",))
    yield T(S.COLLECTING,             E.SOURCES_ANSWERED,  S.IN_REVIEW,              _SYSTEM, "review",               None, (), ("decide",))
    yield T(S.COLLECTING,             E.SOURCE_FAILS,      S.SOURCE_FAILED,          _SYSTEM, "source_failed")
    yield T(S.SOURCE_FAILED,          E.RETRY,             S.COLLECTING,             _STAFF,  "search")
    yield T(S.SOURCE_FAILED,          E.ACCEPT_GAP,        S.IN_REVIEW,              _STAFF,  "gap",                  None, ("reasoned",), ("decide",))
    yield T(S.IN_REVIEW,              E.REVISE,            S.IN_REVIEW,              _STAFF,  "review",               None, ("reasoned",), ("decide",))
    yield T(S.IN_REVIEW,              E.APPROVE,           S.ASSEMBLING,             _STAFF,  "approval",             None, ("decided", "no_doubt"), ("bundle",), COPYING)
    yield T(S.IN_REVIEW,              E.APPROVE,           S.ACTING,                 _STAFF,  "approval",             None, ("decided", "no_doubt"), ("act",), ACTING)
    yield T(S.IN_REVIEW,              E.DECIDE,            S.ASSEMBLING,             _STAFF,  "decision_by_person",   None, ("decided", "no_doubt", "reasoned", "decision_maker"), ("bundle",), _REVIEWED)
    yield T(S.ACTING,                 E.ACTED,             S.CHECKING,               _SYSTEM, "act",                  None, (), ("look_again",))
    yield T(S.ACTING,                 E.ACTION_FAILS,      S.ACTION_FAILED,          _SYSTEM, "source_failed")
    yield T(S.ACTION_FAILED,          E.RETRY,             S.ACTING,                 _STAFF,  "act")
    yield T(S.ACTION_FAILED,          E.ACCEPT_GAP,        S.CHECKING,               _STAFF,  "gap",                  None, ("reasoned",), ("look_again",))
    yield T(S.CHECKING,               E.CHECKED,           S.ASSEMBLING,             _SYSTEM, "proof_of_action",      None, (), ("bundle",))
    yield T(S.CHECKING,               E.RESIDUE_FOUND,     S.ACTION_FAILED,          _SYSTEM, "residue")
    yield T(S.ASSEMBLING,             E.BUNDLE_BUILT,      S.READY,                  _SYSTEM, "assembly")
    yield T(S.ASSEMBLING,             E.BUNDLE_FAILS,      S.ASSEMBLY_FAILED,        _SYSTEM, "assembly")
    yield T(S.ASSEMBLY_FAILED,        E.RETRY,             S.ASSEMBLING,             _STAFF,  "assembly")
    yield T(S.ASSEMBLY_FAILED,        E.REVISE,            S.IN_REVIEW,              _STAFF,  "review",               None, ("reasoned",), ("decide",), COPYING | _REVIEWED)
    yield T(S.READY,                  E.DELIVER,           S.FULFILLED,              _STAFF,  "fulfilled",            "delivered", ("all_proven",))
    yield T(S.READY,                  E.DELIVER_PART,      S.PARTLY_FULFILLED,       _STAFF,  "partly_fulfilled",     "partly_delivered", ("all_closed", "not_all_proven"))
    # fmt: on
    for state in (*_UNDECIDED, *_SEARCHED, *_WORKING):
        yield T(state, E.EXTEND, state, _STAFF, "extension", "extended", ("in_time", "reasoned"))
    for state in (*_UNDECIDED, *_SEARCHED):
        yield T(
            state,
            E.REFUSE,
            S.REFUSED,
            _STAFF,
            "refusal_exempt",
            "refused",
            ("may_be_refused", "reasoned", "ground_for_refusal"),
            (),
            _REFUSABLE,
        )
    for state in (*_UNDECIDED, S.LAPSED, *_SEARCHED):
        yield T(state, E.WITHDRAW, S.WITHDRAWN, _PERSON, "withdrawn_by_person", "withdrawn")


TABLE: tuple[Transition, ...] = tuple(_rows())

_BY_PLACE: dict[tuple[State, Event], list[Transition]] = {}
for _row in TABLE:
    _BY_PLACE.setdefault((_row.start, _row.event), []).append(_row)

#: Bumped whenever a row changes its meaning; stored on each ticket.
VERSION = 1


def transition(state: State, event: Event, right: Right) -> Transition | None:
    """The one rule for this event here, or None where nothing allows it."""
    rows = _BY_PLACE.get((state, event), ())
    return next((row for row in rows if right in row.rights), None)


def leaving(state: State, right: Right) -> tuple[Transition, ...]:
    """Every rule that leads on from a state for a ticket of this right, in table order."""
    return tuple(row for row in TABLE if row.start is state and right in row.rights)


def letters() -> frozenset[str]:
    """Every kind of letter some transition owes; each must exist in every language offered."""
    return frozenset(row.letter for row in TABLE if row.letter)


def grounds() -> frozenset[str]:
    """Every ground some transition rests on; every regime must cite something for each."""
    return frozenset(row.ground for row in TABLE)


def diagram(rights: Iterable[Right] = tuple(Right)) -> str:
    """The table as a Mermaid state diagram: what the README shows."""
    wanted = set(rights)
    near = set().union(*(reachable(right) for right in wanted))
    rows = [row for row in TABLE if row.rights & wanted and row.start in near]
    drawn = dict.fromkeys((row.start, row.end, row.event) for row in rows)
    merged = {event: end for _, end, event in drawn if event in {E.REFUSE, E.WITHDRAW}}
    lines = ["stateDiagram-v2", f"    [*] --> {S.RECEIVED}"]
    lines += [f"    {a} --> {b}: {e}" for a, b, e in drawn if a is not b and e not in merged]
    lines += [f"    {S.RECEIVED} --> {b}: {e} (until reviewed)" for e, b in merged.items()]
    lines += [f"    {end} --> [*]" for end in State if end in ENDS & near]
    return "\n".join(lines)


def reachable(right: Right) -> frozenset[State]:
    """Every state a ticket of this right can come to stand in."""
    found, new = {S.RECEIVED}, {S.RECEIVED}
    while new:
        new = {row.end for state in new for row in leaving(state, right)} - found
        found |= new
    return frozenset(found)


#: The kind of task that ends a restriction: the only work an ended ticket can have.
LIFT = "lift"

#: Kinds of task that run once for every source the ticket covers; the others once per ticket.
PER_SOURCE = frozenset({"search", "restrict_now", "act", "look_again", LIFT})

#: Rights for which a source restricts what it found at once, before anybody decides
#: (Art. 18(1)(a) contested accuracy, Art. 18(1)(d) objection).
RESTRICT_AT_ONCE = _RESTRICTING
