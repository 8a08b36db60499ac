"""Both bells carry rings and nothing else; what is lost, doubled or forged does no harm."""

import threading
import time
from collections.abc import Iterator
from typing import Self

import pytest
import redis
from dramatiq import Worker
from dramatiq.broker import Broker

from dsar.domain.errors import BadInput
from tests.servers import RedisServer
from tests.workers.installations import until
from workers import actors
from workers.broker import LONGEST_LIST, RedisBroker
from workers.embedded import EmbeddedBroker
from workers.wakeups import task_id_in, wakeup

ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.redis)])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Every test here runs on both bells."""
    if request.param == "embedded":
        made: Broker = EmbeddedBroker()
    else:
        made = RedisBroker(request.getfixturevalue("redis_url"), namespace="test")
    yield made
    made.close()


@pytest.fixture
def redis_broker(redis_url: str) -> Iterator[RedisBroker]:
    broker = RedisBroker(redis_url, namespace="test")
    yield broker
    broker.close()


class Ear:
    """Counts the rings that reach the actors, by queue."""

    def __init__(self, broker: Broker, threads: int = 2) -> None:
        self.heard: list[str] = []
        self.at: list[float] = []
        actors.declare(broker, ("work", "render"), self._hear)
        self.worker = Worker(broker, worker_threads=threads, worker_timeout=1000)
        self.worker.queue_prefetch = threads
        self.worker.start()

    def _hear(self, queue: str) -> None:
        self.heard.append(queue)
        self.at.append(time.monotonic())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.stop()


def test_each_ring_is_heard_at_its_queue(broker: Broker) -> None:
    with Ear(broker) as ear:
        for _ in range(5):
            broker.enqueue(wakeup("work", ID))
        broker.enqueue(wakeup("render", ID))
        until(lambda: len(ear.heard) == 6)
    assert sorted(ear.heard) == ["render", *["work"] * 5]


def test_a_ring_wakes_an_idle_worker_at_once(broker: Broker) -> None:
    """Far below the pause of up to a second that dramatiq's own Redis broker makes."""
    with Ear(broker) as ear:
        waits = []
        for number in range(5):
            time.sleep(0.05)
            rung = time.monotonic()
            broker.enqueue(wakeup("work", ID))
            until(lambda n=number: len(ear.at) == n + 1)
            waits.append(ear.at[-1] - rung)
    assert sorted(waits)[2] < 0.2


def test_rings_heard_and_not_answered_are_rung_again(redis_url: str) -> None:
    broker = RedisBroker(redis_url, namespace="test")
    entered, leave = threading.Event(), threading.Event()

    def hear(_queue: str) -> None:
        entered.set()
        leave.wait(60)

    actors.declare(broker, ("work",), hear)
    worker = Worker(broker, worker_threads=1, worker_timeout=100)
    worker.queue_prefetch = 3
    worker.start()
    for _ in range(3):
        broker.enqueue(wakeup("work", ID))
    assert entered.wait(60)
    client = redis.Redis.from_url(redis_url)
    until(lambda: client.llen(broker.place("work")) == 0)
    threading.Timer(0.3, leave.set).start()
    worker.stop(timeout=5000)
    assert client.llen(broker.place("work")) == 2
    client.close()
    broker.close()


def test_a_worker_takes_no_more_rings_than_it_has_hands(
    redis_broker: RedisBroker, redis_url: str
) -> None:
    leave = threading.Event()
    actors.declare(redis_broker, ("work",), lambda _queue: leave.wait(60))
    worker = Worker(redis_broker, worker_threads=2, worker_timeout=100)
    worker.queue_prefetch = 2
    worker.start()
    for _ in range(5):
        redis_broker.enqueue(wakeup("work", ID))
    with redis.Redis.from_url(redis_url) as client:
        until(lambda: client.llen(redis_broker.place("work")) == 3)
        time.sleep(0.3)
        assert client.llen(redis_broker.place("work")) == 3
        leave.set()
        until(lambda: client.llen(redis_broker.place("work")) == 0)
    worker.stop()


@pytest.mark.parametrize(
    "forged",
    [
        b"",
        b"\x00\xff garbage",
        b'{"actor_name": "os.system", "args": ["rm"], "queue_name": "nowhere"}',
        b"x" * 1_000_000,
        ID.upper().encode(),
    ],
)
def test_forged_rings_make_a_worker_look_and_nothing_else(
    redis_broker: RedisBroker, redis_url: str, forged: bytes
) -> None:
    with Ear(redis_broker) as ear, redis.Redis.from_url(redis_url) as client:
        client.rpush(redis_broker.place("work"), forged)
        until(lambda: ear.heard == ["work"])
        redis_broker.enqueue(wakeup("work", ID))
        until(lambda: ear.heard == ["work", "work"])
        assert all(thread.is_alive() for thread in ear.worker.workers)
    assert task_id_in(forged) == ""


@pytest.mark.redis
def test_redis_holds_task_ids_and_nothing_else(redis_broker: RedisBroker, redis_url: str) -> None:
    redis_broker.declare_queue("work")
    redis_broker.enqueue(wakeup("work", ID))
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys() == [b"test:bell:work"]
        assert client.lrange("test:bell:work", 0, -1) == [ID.encode()]


def test_a_list_nobody_listens_to_does_not_grow_for_ever(
    redis_broker: RedisBroker, redis_url: str
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.rpush(redis_broker.place("work"), *[ID] * (LONGEST_LIST + 50))
        redis_broker.enqueue(wakeup("work", ID))
        assert client.llen(redis_broker.place("work")) == LONGEST_LIST


def test_two_deployments_in_one_redis_do_not_hear_each_other(redis_url: str) -> None:
    ours, theirs = (RedisBroker(redis_url, namespace=name) for name in ("ours", "theirs"))
    with Ear(ours) as ear:
        theirs.enqueue(wakeup("work", ID))
        ours.enqueue(wakeup("work", ID))
        until(lambda: ear.heard)
        time.sleep(0.1)
        assert len(ear.heard) == 1
    ours.close()
    theirs.close()


def test_inside_one_process_too_many_rings_are_dropped_not_kept() -> None:
    broker = EmbeddedBroker(longest=3)
    broker.declare_queue("work")
    for _ in range(10):
        broker.enqueue(wakeup("work", ID))
    assert broker.queues["work"].qsize() == 3


def test_no_ring_waits_in_the_bell(broker: Broker) -> None:
    broker.declare_queue("work")
    with pytest.raises(ValueError, match="not_before"):
        broker.enqueue(wakeup("work", ID), delay=1000)


@pytest.mark.redis
def test_without_redis_the_worker_knocks_by_itself_and_hears_rings_again_afterwards() -> None:
    with RedisServer() as server:
        broker = RedisBroker(server.url(), namespace="test")
        with Ear(broker) as ear:
            server.kill()
            until(lambda: len(ear.heard) >= 2)
            assert broker.outage.now
            server.start()
            until(lambda: not broker.outage.now)
            broker.enqueue(wakeup("render", ID))
            with server.client() as client:
                until(lambda: client.llen(broker.place("render")) == 0)  # only a listener takes it
            before = ear.heard.count("work")
            broker.enqueue(wakeup("work", ID))
            until(lambda: ear.heard.count("work") > before)
        broker.close()


@pytest.mark.parametrize(
    "url", ["", "postgres://here", "redis://here:port", "not an address", "redis://[half"]
)
def test_what_is_no_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(BadInput, match="redis_url"):
        RedisBroker(url, namespace="test")


@pytest.mark.redis
def test_a_password_redis_does_not_accept_is_refused_and_not_repeated() -> None:
    with RedisServer() as server, server.client() as client:
        client.config_set("requirepass", "the right one")
        broker = RedisBroker(
            server.url().replace("redis://", "redis://:hunter2@"), namespace="test"
        )
        with pytest.raises(BadInput, match="redis_url") as refused:
            broker.check()
        client.config_set("requirepass", "")
        broker.close()
    assert "hunter2" not in str(refused.value)


def test_a_redis_that_does_not_answer_is_waited_for() -> None:
    broker = RedisBroker("redis://127.0.0.1:1/0", namespace="test")
    broker.check()
    broker.close()


@pytest.mark.redis
def test_a_redis_that_serves_nobody_for_now_is_waited_for(
    redis_server: RedisServer, redis_url: str
) -> None:
    """Here a script runs; a full disk and a master that is gone are told in the same way."""
    broker = RedisBroker(redis_url, namespace="test")
    with redis_server.client() as client, redis_server.client() as other:
        client.config_set("busy-reply-threshold", 1)
        script = threading.Thread(target=_run_for_ever, args=(other,))
        script.start()
        until(lambda: _busy(client))
        try:
            broker.check()
        finally:
            client.script_kill()
            script.join()
            client.config_set("busy-reply-threshold", 5000)
    broker.close()


def _run_for_ever(client: redis.Redis) -> None:
    with pytest.raises(redis.ResponseError, match="killed"):
        client.eval("while true do end", 0)


def _busy(client: redis.Redis) -> bool:
    try:
        return not client.ping()
    except redis.ResponseError:
        return True
