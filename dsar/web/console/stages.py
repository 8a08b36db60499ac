"""How far a ticket has come: the lifecycle's states drawn together to a few stages in a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsar.domain.lifecycle import ANSWERED, ENDS, State
from dsar.domain.rights import Right
from dsar.services.views.tickets import JournalView
from dsar.web.console.words import STATES

#: Stage → the states in which a ticket is at it. Ends have no stage: they are its last one.
STAGES: Mapping[str, tuple[State, ...]] = {
    "Received": (State.RECEIVED,),
    "Identity": (State.AWAITING_IDENTITY, State.LAPSED),
    "Accepted": (
        State.VERIFIED,
        State.AWAITING_CLARIFICATION,
        State.AWAITING_FEE,
        State.ACCEPTED,
    ),
    "Searched": (
        State.COLLECTING,
        State.SOURCE_FAILED,
        State.NOBODY_FOUND,
        State.AWAITING_IDENTIFIERS,
    ),
    "Reviewed": (State.IN_REVIEW,),
    "Acted": (State.ACTING, State.ACTION_FAILED),
    "Checked": (State.CHECKING,),
    "Bundle": (State.ASSEMBLING, State.ASSEMBLY_FAILED),
    "Answered": (State.READY,),
}

#: Stages only those rights pass that change something in the sources.
_ONLY_ACTING = frozenset({"Acted", "Checked"})

_STAGE_OF = {state: name for name, states in STAGES.items() for state in states}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: done, now, trouble, ahead, or never reached because the ticket ended before."""

    name: str
    standing: str


def stages(right: Right, state: State, journal: Sequence[JournalView]) -> tuple[Stage, ...]:
    """The stages of a ticket of this right, and how it stands with each."""
    names = [name for name in STAGES if right.spec.acts or name not in _ONLY_ACTING]
    if state in ANSWERED:
        return tuple(Stage(name, "done") for name in names)
    ended = state in ENDS
    last = _before_the_end(journal) if ended else state
    here = names.index(_STAGE_OF[last])
    at = "never" if ended else "trouble" if STATES[state].tone == "trouble" else "now"
    behind = "never" if ended else "ahead"
    return tuple(
        Stage(name, "done" if number < here else at if number == here else behind)
        for number, name in enumerate(names)
    )


def _before_the_end(journal: Sequence[JournalView]) -> State:
    """Where a ticket stood when it ended."""
    came_from = (entry.data.get("from") for entry in reversed(journal))
    return next((State(name) for name in came_from if name), State.RECEIVED)
