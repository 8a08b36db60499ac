"""Without its bell or its database a worker waits, and then goes on."""

import threading
import time
from pathlib import Path

import pytest
import redis

from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation
from dsar.store import migrate
from dsar.store.tasks import TaskState
from tests.servers import PostgresServer, RedisServer
from tests.store.rows import add_task, new_ticket
from tests.workers.installations import PAGED, Ledger, handlers, new_installation, until
from tests.workers.queued import enqueue, states
from workers.process import Processes


@pytest.mark.redis
@pytest.mark.postgres
def test_redis_wiped_with_work_queued_loses_nothing(
    distributed: Installation, ledger: Ledger, redis_url: str
) -> None:
    crew = Processes(distributed, "worker", 2, queues=handlers(ledger))
    distributed.wake = crew.sender
    ticket = new_ticket(distributed.store)
    for key in range(30):
        enqueue(distributed, ticket, key=str(key))
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("dsar:bell:work") == 30
        client.flushall()
        crew.start()
        until(lambda: states(distributed, ticket)[TaskState.DONE] > 0)
        client.flushall()
    until(lambda: states(distributed, ticket) == {TaskState.DONE: 30})
    crew.stop()
    assert len(ledger.lines()) == 30


@pytest.mark.redis
@pytest.mark.postgres
def test_without_redis_work_goes_on_and_nobody_is_slowed_down(
    postgres_tables_url: str, tmp_path: Path, ledger: Ledger
) -> None:
    with RedisServer() as server:
        installation = new_installation(postgres_tables_url, tmp_path, redis=server.url())
        crew = Processes(installation, "worker", 2, queues=handlers(ledger))
        crew.start()
        server.kill()
        ticket = new_ticket(installation.store)
        since = time.monotonic()
        for key in range(20):
            enqueue(installation, ticket, key=str(key))
        assert time.monotonic() - since < 5
        until(lambda: states(installation, ticket) == {TaskState.DONE: 20})
        crew.stop()
        installation.store.close()


@pytest.mark.postgres
def test_a_worker_waits_for_its_database_at_the_start_and_later(
    tmp_path: Path, ledger: Ledger
) -> None:
    with PostgresServer() as server, server.database() as url:
        installation = new_installation(url, tmp_path, lease_seconds=2)
        migrate.upgrade(installation.store)
        keyring.unlock(installation, may_make=True)
        server.kill()
        crew = Processes(installation, "worker", 2, queues=handlers(ledger))
        starting = threading.Thread(target=crew.start)
        starting.start()
        until(lambda: crew.database.now, 30)
        server.start()
        starting.join(30)
        assert crew.healthy()
        ticket = new_ticket(installation.store)
        for key in range(5):
            add_task(installation.store, ticket, kind=PAGED, key=str(key))
        until(ledger.lines)
        server.kill()
        time.sleep(1)
        server.start()
        until(lambda: states(installation, ticket) == {TaskState.DONE: 5}, 60)
        assert crew.healthy()
        crew.stop()
        installation.store.close()
