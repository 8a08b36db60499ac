"""The life of a ticket as one table: a row is a rule, with who may use it and on which ground.

Buttons, letters, tasks, the diagram in the README and the tests are drawn from TABLE. `ground` is a
key that the regime turns into a citation, so one machine serves every law. `needs` names what must
be true first (see `conditions.py`); `letter` what the person is told; `owes` the kinds of task that
start with the transition, one per source where the kind works on sources.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dsar.domain.lifecycle.states import ANSWERED, ENDS, HANDS, OWNER, By, Event, State
from dsar.domain.lifecycle.task_kinds import TaskKind
from dsar.domain.rights import ACTING, COPYING, Right

__all__ = [
    "ANSWERED",
    "ENDS",
    "HANDS",
    "OWNER",
    "TABLE",
    "VERSION",
    "By",
    "Event",
    "State",
    "TaskKind",
    "Transition",
    "diagram",
    "failures",
    "grounds",
    "leaving",
    "letters",
    "reachable",
    "stuck_kinds",
    "transition",
]


S, E, K = State, Event, TaskKind
_EVERY = frozenset(Right)
_UNDECIDED = (S.RECEIVED, S.AWAITING_IDENTITY, S.VERIFIED, S.AWAITING_CLARIFICATION, S.AWAITING_FEE)
#: Where nobody was found, and the answer that nothing is held is a step of its own.
_UNFOUND = (S.NOBODY_FOUND, S.AWAITING_IDENTIFIERS)
_SEARCHED = (S.ACCEPTED, S.COLLECTING, S.SOURCE_FAILED, *_UNFOUND, S.IN_REVIEW)
_WORKING = (
    S.ACTING,
    S.ACTION_FAILED,
    S.CHECKING,
    S.ASSEMBLING,
    S.ASSEMBLY_FAILED,
    S.READY,
)
_REFUSABLE = frozenset(right for right in Right if right.spec.refusable)
_REVIEWED = frozenset(right for right in Right if right.spec.decided_by_person)


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
    owes: tuple[TaskKind, ...] = ()
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
    yield T(S.ACCEPTED,               E.START,             S.COLLECTING,             _SYSTEM, "search",               None, ("its_turn",), (K.SEARCH,))
    yield T(S.COLLECTING,             E.SOURCES_ANSWERED,  S.IN_REVIEW,              _SYSTEM, "review",               None, (), (K.DECIDE,))
    yield T(S.COLLECTING,             E.SOURCE_FAILS,      S.SOURCE_FAILED,          _SYSTEM, "source_failed")
    yield T(S.COLLECTING,             E.NOBODY_FOUND,      S.NOBODY_FOUND,           _SYSTEM, "not_identified")
    yield T(S.NOBODY_FOUND,           E.ASK_IDENTIFIERS,   S.AWAITING_IDENTIFIERS,   _STAFF,  "not_identified",       "ask_identifiers", ("reasoned",))
    yield T(S.NOBODY_FOUND,           E.SEARCH_ANEW,       S.COLLECTING,             _STAFF,  "search")
    yield T(S.NOBODY_FOUND,           E.CONFIRM_NOTHING,   S.ASSEMBLING,             _STAFF,  "review",               None, ("some_asked", "reasoned"), (K.BUNDLE,))
    yield T(S.AWAITING_IDENTIFIERS,   E.SEARCH_ANEW,       S.COLLECTING,             _STAFF,  "search")
    yield T(S.AWAITING_IDENTIFIERS,   E.CONFIRM_NOTHING,   S.ASSEMBLING,             _STAFF,  "review",               None, ("some_asked", "reasoned"), (K.BUNDLE,))
    yield T(S.SOURCE_FAILED,          E.RETRY,             S.COLLECTING,             _STAFF,  "search")
    yield T(S.SOURCE_FAILED,          E.ACCEPT_GAP,        S.IN_REVIEW,              _STAFF,  "gap",                  None, ("reasoned",), (K.DECIDE,))
    yield T(S.IN_REVIEW,              E.REVISE,            S.IN_REVIEW,              _STAFF,  "review",               None, ("reasoned",), (K.DECIDE,))
    yield T(S.IN_REVIEW,              E.APPROVE,           S.ASSEMBLING,             _STAFF,  "approval",             None, ("decided", "some_asked", "no_doubt"), (K.BUNDLE,), COPYING)
    yield T(S.IN_REVIEW,              E.APPROVE,           S.ACTING,                 _STAFF,  "approval",             None, ("decided", "some_asked", "no_doubt"), (K.ACT,), ACTING)
    yield T(S.IN_REVIEW,              E.DECIDE,            S.ASSEMBLING,             _STAFF,  "decision_by_person",   None, ("decided", "some_asked", "no_doubt", "reasoned", "decision_maker"), (K.BUNDLE,), _REVIEWED)
    yield T(S.IN_REVIEW,              E.SEARCH_ANEW,       S.COLLECTING,             _STAFF,  "search")
    yield T(S.ACTING,                 E.ACTED,             S.CHECKING,               _SYSTEM, "act",                  None, (), (K.LOOK_AGAIN,))
    yield T(S.ACTING,                 E.ACTION_FAILS,      S.ACTION_FAILED,          _SYSTEM, "source_failed")
    yield T(S.ACTION_FAILED,          E.RETRY,             S.ACTING,                 _STAFF,  "act")
    yield T(S.ACTION_FAILED,          E.ACCEPT_GAP,        S.CHECKING,               _STAFF,  "gap",                  None, ("reasoned",), (K.LOOK_AGAIN,))
    yield T(S.CHECKING,               E.CHECKED,           S.ASSEMBLING,             _SYSTEM, "proof_of_action",      None, (), (K.BUNDLE,))
    yield T(S.CHECKING,               E.RESIDUE_FOUND,     S.ACTION_FAILED,          _SYSTEM, "residue")
    yield T(S.ASSEMBLING,             E.BUNDLE_BUILT,      S.READY,                  _SYSTEM, "assembly")
    yield T(S.ASSEMBLING,             E.BUNDLE_FAILS,      S.ASSEMBLY_FAILED,        _SYSTEM, "assembly")
    yield T(S.ASSEMBLY_FAILED,        E.RETRY,             S.ASSEMBLING,             _STAFF,  "assembly")
    yield T(S.ASSEMBLY_FAILED,        E.REVISE,            S.IN_REVIEW,              _STAFF,  "review",               None, ("reasoned",), (K.DECIDE,), COPYING | _REVIEWED)
    yield T(S.READY,                  E.DELIVER,           S.FULFILLED,              _STAFF,  "fulfilled",            "delivered", ("some_asked", "somebody_found", "all_proven"))
    yield T(S.READY,                  E.DELIVER_PART,      S.PARTLY_FULFILLED,       _STAFF,  "partly_fulfilled",     "partly_delivered", ("all_closed", "not_all_proven"))
    yield T(S.READY,                  E.DELIVER_NOTHING,   S.NOTHING_HELD,           _STAFF,  "fulfilled",            "nothing_held", ("some_asked", "nobody_found", "all_proven"))
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


def failures() -> frozenset[State]:
    """Where a ticket stands still because some work of it failed; from each of them it is retried."""
    return frozenset(row.start for row in TABLE if row.event is E.RETRY)


def stuck_kinds(state: State) -> frozenset[TaskKind]:
    """The kinds of task for want of which a ticket stands still in that state."""
    ways = {(row.start, row.event) for row in TABLE if row.end is state}
    return frozenset(kind for kind in TaskKind if (kind.spec.joined_in, kind.spec.failed) in ways)
