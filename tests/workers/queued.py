"""Tasks put into a house's queue, and what became of them."""

from collections import Counter

from dsar.services.runtime.installation import Installation, transaction
from dsar.store import tasks
from dsar.store.tasks import TaskState
from tests.store.rows import DUE
from tests.workers.installations import QUICK


def states(installation: Installation, ticket: str) -> Counter[TaskState]:
    with installation.store.reading() as session:
        return tasks.by_state(session, ticket)


def enqueue(installation: Installation, ticket: str, **values: object) -> str:
    """As services do: written in a unit of work, rung for after its commit."""
    wanted: dict[str, object] = {"kind": QUICK, "rank": DUE} | values
    with transaction(installation) as session:
        new = tasks.enqueue(session, installation.store, ticket_id=ticket, **wanted)  # type: ignore[arg-type]
    assert new
    return new
