"""Periodic work: a table of jobs, claimed as rows, so that two schedulers do nothing twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from dsar.services.bundles.build import clear_storage
from dsar.services.desk.holds import resume_late
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.upkeep.checkpoints import tend
from dsar.services.upkeep.deadlines import remind, watch
from dsar.services.upkeep.repair import repair_joins
from dsar.store import schedules

log = structlog.get_logger("dsar.workers")

#: A job that failed is tried again after this, if its period is longer.
RETRY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done, and how often. It must be harmless to do twice."""

    every: timedelta
    do: Callable[[Installation], object]


Jobs = Mapping[str, Job]


#: The periodic work of every house.
# fmt: off
JOBS: Jobs = {
    # name                how often             what
    "watch":         Job(timedelta(minutes=1), watch),
    "tend_journal":  Job(timedelta(minutes=1), tend),
    "remind":        Job(timedelta(hours=1),   remind),
    "repair_joins":  Job(timedelta(minutes=1), repair_joins),
    "resume_late":   Job(timedelta(hours=1),   resume_late),
    "clear_storage": Job(timedelta(hours=1),   clear_storage),
}
# fmt: on


def declare(installation: Installation, jobs: Jobs) -> None:
    """Writes the jobs' rows where they are new."""
    with transaction(installation) as session:
        for name, job in jobs.items():
            schedules.declare(session, installation.store, name=name, every=job.every)


def run_due(installation: Installation, jobs: Jobs) -> int:
    """Does every job that is due and that nobody else has claimed; how many."""
    with reading(installation) as session:
        due = schedules.due(session, installation.store)
    return sum(_run(installation, name, job) for name, job in jobs.items() if name in due)


def _run(installation: Installation, name: str, job: Job) -> bool:
    with transaction(installation) as session:
        if not schedules.claim(session, installation.store, name=name, every=job.every):
            return False
    try:
        job.do(installation)
    except Exception as error:  # noqa: BLE001 - one job's failure must not stop the others
        log.error("job.failed", job=name, error=type(error).__name__)  # noqa: TRY400
        with transaction(installation) as session:
            schedules.again(session, installation.store, name=name, wait=min(RETRY, job.every))
    else:
        log.info("job.done", job=name)
    return True
