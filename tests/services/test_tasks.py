"""A failed task is tried again, and only a source that failed is held to have failed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from dsar.services import tasks as services
from dsar.services.house import House, unit
from dsar.services.tasks import Handler, Run
from dsar.store import gates
from dsar.store.tables import Gate
from tests.store.rows import add_task, claimed, new_ticket, task
from tests.workers.houses import new_house


@pytest.fixture
def house(tables_url: str, tmp_path: Path) -> Iterator[House]:
    made = new_house(tables_url, tmp_path)
    with unit(made) as session:
        gates.configure(session, made.store, "shop")
    yield made
    made.store.close()


def failing(error: Exception) -> Handler:
    def handler(_house: House, _run: Run) -> None:
        raise error

    return handler


def perform(house: House, error: Exception) -> str:
    new = add_task(house.store, new_ticket(house.store), source="shop")
    lease = claimed(house.store)
    handlers = {"search": failing(error)}
    services.perform(house, lease, stopping=threading.Event(), handlers=handlers)
    return new


def failures(house: House) -> int:
    with house.store.reading() as session:
        return session.get_one(Gate, "shop").failures


def test_what_an_adapter_raises_counts_against_its_source(house: House) -> None:
    new = perform(house, ValueError("broken"))
    assert failures(house) == 1
    assert task(house.store, new).state == "ready"


def test_a_failure_of_our_own_database_counts_against_nobodys_source(house: House) -> None:
    new = perform(house, OperationalError("SELECT 1", {}, Exception("connection lost")))
    assert failures(house) == 0
    found = task(house.store, new)
    assert (found.state, found.attempts) == ("ready", 1)
    assert "connection lost" not in found.reason
