"""The kinds of task: what is particular to each stands in its row of KINDS.

Adding one is a member and a row; the tests then name what else must be decided: who does it, what
writes it, its words. Which transitions owe it stands in the lifecycle's table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dsar.domain.lifecycle.states import Event, State


class TaskKind(StrEnum):
    """One kind of work of a ticket."""

    START = "start"
    SEARCH = "search"
    RESTRICT_NOW = "restrict_now"
    DECIDE = "decide"
    ACT = "act"
    LOOK_AGAIN = "look_again"
    BUNDLE = "bundle"
    LIFT = "lift"

    @property
    def spec(self) -> "KindSpec":
        """Its row of KINDS."""
        return KINDS[self]


class Queue(StrEnum):
    """Where tasks wait. Rendering has a queue of its own: a long report never delays a search."""

    WORK = "work"
    RENDER = "render"


class Per(StrEnum):
    """How many tasks of a kind a ticket has at a time."""

    TICKET = "ticket"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What is particular to one kind of task.

    A ticket that stands in `joined_in` waits for all of its tasks of the kind: `done` happens when
    they have ended well (None where the task itself says so), `failed` when some got stuck. Without
    one that is `on_ledger` its source's coverage line is not answered. `after_end` is work that an
    ended ticket can have. One that is `in_hours` reads its source through or changes much of it, and
    keeps to its hours; what is restricted at once waits for nothing (Art. 18(1)), nor does what ends
    a restriction.
    """

    queue: Queue
    per: Per
    joined_in: State | None = None
    done: Event | None = None
    failed: Event | None = None
    on_ledger: bool = False
    after_end: bool = False
    in_hours: bool = False


K, S, E = KindSpec, State, Event
_TICKET, _SOURCE, _WORK, _RENDER = Per.TICKET, Per.SOURCE, Queue.WORK, Queue.RENDER

# fmt: off
KINDS: Mapping[TaskKind, KindSpec] = {
    #                        queue    one each  joined in     all done            some stuck
    TaskKind.START:        K(_WORK,   _TICKET),
    TaskKind.SEARCH:       K(_WORK,   _SOURCE, S.COLLECTING, E.SOURCES_ANSWERED, E.SOURCE_FAILS, on_ledger=True, in_hours=True),
    TaskKind.RESTRICT_NOW: K(_WORK,   _SOURCE),
    TaskKind.DECIDE:       K(_WORK,   _TICKET),
    TaskKind.ACT:          K(_WORK,   _SOURCE, S.ACTING,     E.ACTED,            E.ACTION_FAILS, on_ledger=True, in_hours=True),
    TaskKind.LOOK_AGAIN:   K(_WORK,   _SOURCE, S.CHECKING,   E.CHECKED,          E.RESIDUE_FOUND, in_hours=True),
    TaskKind.BUNDLE:       K(_RENDER, _TICKET, S.ASSEMBLING, None,               E.BUNDLE_FAILS),
    TaskKind.LIFT:         K(_WORK,   _SOURCE, after_end=True),
}
# fmt: on
