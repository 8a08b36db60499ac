"""Which function does which kind of task: the whole list."""

from collections.abc import Mapping

from dsar.domain.lifecycle import TaskKind
from dsar.domain.lifecycle.task_kinds import Queue
from dsar.services.bundles.build import bundle
from dsar.services.ticket.run_task import Handler
from dsar.services.work.act import act, restrict_now
from dsar.services.work.decide import decide
from dsar.services.work.lift_restriction import lift
from dsar.services.work.search import search
from dsar.services.work.start import start
from dsar.services.work.verify import look_again

#: What does each kind of task.
HANDLERS: Mapping[TaskKind, Handler] = {
    TaskKind.START: start,
    TaskKind.SEARCH: search,
    TaskKind.RESTRICT_NOW: restrict_now,
    TaskKind.DECIDE: decide,
    TaskKind.ACT: act,
    TaskKind.LOOK_AGAIN: look_again,
    TaskKind.LIFT: lift,
    TaskKind.BUNDLE: bundle,
}

#: The queues and what is done in each.
QUEUES: Mapping[str, Mapping[str, Handler]] = {
    queue: {kind: one for kind, one in HANDLERS.items() if kind.spec.queue is queue}
    for queue in Queue
}
