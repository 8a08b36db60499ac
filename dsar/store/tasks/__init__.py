"""The task rows: log, queue and outbox at once. The door to every statement on them.

    blocked -> ready -> leased -> done | waiting_human | parked | ready again
    any of them -> cancelled;  parked, waiting_human, done -> ready (reopen)

Work under a lease stands in `leases`, taking back and ringing again in `sweeper`, admission to a
source in `gates`, what nobody need hold in `rows`, what is asked in `queries`.
Lock order everywhere: ticket, task, gate.
"""

from dsar.domain.lifecycle.task_states import COMING, OPEN, STUCK, TaskState
from dsar.store.tasks.leases import (
    GRACE,
    LEASE,
    MAX_ATTEMPTS,
    Lease,
    LeaseLost,
    cancel,
    checkpoint,
    claim,
    complete,
    defer,
    fail,
    got_further,
    note_progress,
    park,
    pause_after,
    release,
    renew,
    renew_all,
    standstill,
    wait_human,
)
from dsar.store.tasks.queries import (
    by_source,
    by_state,
    heaps,
    held_up,
    idle_tickets,
    leased_to,
    of_tickets,
    stuck,
    task,
)
from dsar.store.tasks.rows import (
    begin_anew,
    cancel_ticket,
    enqueue,
    give_up,
    rank,
    reopen,
    unblock,
    wake,
)
from dsar.store.tasks.states import is_in
from dsar.store.tasks.sweeper import (
    MAX_CRASHES,
    ExpiredTask,
    Poison,
    SweepResult,
    expire,
    park_poison,
    sweep,
)

__all__ = [
    "COMING",
    "GRACE",
    "LEASE",
    "MAX_ATTEMPTS",
    "MAX_CRASHES",
    "OPEN",
    "STUCK",
    "ExpiredTask",
    "Lease",
    "LeaseLost",
    "Poison",
    "SweepResult",
    "TaskState",
    "begin_anew",
    "by_source",
    "by_state",
    "cancel",
    "cancel_ticket",
    "checkpoint",
    "claim",
    "complete",
    "defer",
    "enqueue",
    "expire",
    "fail",
    "give_up",
    "got_further",
    "heaps",
    "held_up",
    "idle_tickets",
    "is_in",
    "leased_to",
    "note_progress",
    "of_tickets",
    "park",
    "park_poison",
    "pause_after",
    "rank",
    "release",
    "renew",
    "renew_all",
    "reopen",
    "standstill",
    "stuck",
    "sweep",
    "task",
    "unblock",
    "wait_human",
    "wake",
]
