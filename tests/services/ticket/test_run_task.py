"""A failed task is tried again, and only a source that failed is held to have failed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from dsar.domain.reasons import as_text
from dsar.sandbox.pool import Defect, ProcessStopped
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.ticket import run_task as services
from dsar.services.ticket.run_task import Handler, Run
from dsar.store.tasks import gates
from dsar.store.upkeep_tables import Gate
from tests.store.rows import add_task, claimed, new_ticket, task
from tests.workers.installations import new_installation


@pytest.fixture
def installation(tables_url: str, tmp_path: Path) -> Iterator[Installation]:
    made = new_installation(tables_url, tmp_path)
    with transaction(made) as session:
        gates.configure(session, made.store, "shop")
    yield made
    made.store.close()


def failing(error: Exception) -> Handler:
    def handler(_installation: Installation, _run: Run) -> None:
        raise error

    return handler


def perform(installation: Installation, error: Exception) -> str:
    new = add_task(installation.store, new_ticket(installation.store), source="shop")
    lease = claimed(installation.store)
    handlers = {"search": failing(error)}
    services.perform(installation, lease, stopping=threading.Event(), handlers=handlers)
    return new


def failures(installation: Installation) -> int:
    with installation.store.reading() as session:
        return session.get_one(Gate, "shop").failures


RAISED = {
    ConnectionResetError("passing"): "ready",
    ValueError("broken"): "waiting_human",
    ProcessStopped("It did not answer."): "ready",
    Defect("It failed with ValueError."): "waiting_human",
}


@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_what_an_adapter_raises_counts_against_its_source(
    installation: Installation, error: Exception
) -> None:
    """What may be over the next time is tried again; any other fault is staff's at once."""
    new = perform(installation, error)
    assert failures(installation) == 1
    assert task(installation.store, new).state == RAISED[error]


def test_a_failure_of_our_own_database_counts_against_nobodys_source(
    installation: Installation,
) -> None:
    new = perform(installation, OperationalError("SELECT 1", {}, Exception("connection lost")))
    assert failures(installation) == 0
    found = task(installation.store, new)
    assert (found.state, found.attempts) == ("ready", 1)
    assert "connection lost" not in as_text(found.reason)
