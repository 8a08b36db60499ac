"""Where a task can stand, and the sets of states that mean something."""

from enum import StrEnum


class TaskState(StrEnum):
    """Where a task stands."""

    BLOCKED = "blocked"
    READY = "ready"
    LEASED = "leased"
    WAITING_HUMAN = "waiting_human"
    DONE = "done"
    PARKED = "parked"
    CANCELLED = "cancelled"


#: What comes by itself; what waits for somebody and goes on when they let it; both.
COMING = frozenset({TaskState.BLOCKED, TaskState.READY, TaskState.LEASED})
STUCK = frozenset({TaskState.PARKED, TaskState.WAITING_HUMAN})
OPEN = COMING | STUCK
