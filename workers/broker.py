"""The doorbell in Redis: dramatiq's worker waits at it instead of sleeping.

A list of task ids for each queue, and nothing else. dramatiq's own RedisBroker keeps messages,
acknowledgements, heartbeats and dead letters there, polls with pauses of up to a second and leaves
a killed worker's messages lying for minutes; a ring needs none of that, because losing it costs two
seconds (the sweeper) and keeping it gains nothing. BLPOP hears it in about two milliseconds.

Without Redis the listener knocks by itself once a second, so work goes on, only slower.
"""

import random
import time

import redis
from dramatiq.broker import Broker, Consumer
from dramatiq.message import Message
from redis.backoff import NoBackoff
from redis.retry import Retry

from dsar.domain.errors import BadInput
from dsar.services.runtime.installation import Installation
from workers.embedded import EmbeddedBroker
from workers.outage import Outage
from workers.wakeups import Listener, task_id_in, wakeup

#: A web request waits no longer than this for the bell.
SEND_SECONDS = 0.25
#: Rings kept for a queue nobody listens to; older ones are dropped, the sweeper replaces them.
LONGEST_LIST = 10_000

#: How Redis begins to say that it serves nobody now: a script runs, its disk is full, it loads or
#: has no master. That is an outage, and no reason not to start.
PASSING = ("BUSY", "LOADING", "MASTERDOWN", "MISCONF", "READONLY")

MEND = "Mend redis_url or start Redis; until then work is looked for once a second."


class RedisBroker(Broker):
    """Rings over Redis, for any number of processes on any number of hosts."""

    def __init__(self, url: str, *, namespace: str) -> None:
        super().__init__(middleware=[])
        self.queues: set[str] = set()
        self.namespace = namespace
        self.outage = Outage("redis", MEND)
        self._sending = _client(url, SEND_SECONDS)
        self._url = url
        self._listening: list[redis.Redis] = []

    def place(self, queue: str) -> str:
        """The key of a queue's list."""
        return f"{self.namespace}:bell:{queue}"

    def declare_queue(self, queue_name: str) -> None:
        """A queue to listen at. It gets no second one for delays: those are dates in a row."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def get_declared_queues(self) -> set[str]:
        """The queues declared so far."""
        return set(self.queues)

    def enqueue(self, message: Message[None], *, delay: int | None = None) -> Message[None]:
        """Rings; raises redis.RedisError when the bell cannot be reached in a quarter second."""
        if delay is not None:
            raise ValueError("a ring cannot wait: give the task a not_before instead")
        place = self.place(message.queue_name)
        with self._sending.pipeline(transaction=False) as pipe:
            pipe.rpush(place, message.args[0])
            pipe.ltrim(place, -LONGEST_LIST, -1)
            pipe.execute()
        return message

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1000) -> Consumer:
        """Listens at one queue; `timeout` in milliseconds."""
        seconds = timeout / 1000
        client = _client(self._url, seconds + 4)
        self._listening.append(client)
        return _RedisListener(self, client, queue_name, threads=prefetch, seconds=seconds)

    def check(self) -> None:
        """BadInput when Redis answers and will not have us: waiting would not help."""
        check(self._sending)

    def flush(self, queue_name: str) -> None:
        """Forgets every ring of a queue; nothing is lost by it."""
        self._sending.delete(self.place(queue_name))

    def flush_all(self) -> None:
        """Forgets every ring."""
        for queue in self.queues:
            self.flush(queue)

    def close(self) -> None:
        """Lets go of the connections."""
        for client in (self._sending, *self._listening):
            client.close()


class _RedisListener(Listener):
    def __init__(
        self, broker: RedisBroker, client: redis.Redis, queue: str, *, threads: int, seconds: float
    ) -> None:
        super().__init__(queue, threads=threads, seconds=seconds)
        self.broker = broker
        self.client = client
        self.place = broker.place(queue)

    def hear(self) -> str | None:
        try:
            heard = self.client.blpop([self.place], timeout=self.seconds)
        except redis.RedisError as error:
            self.broker.outage.failed(error)
            time.sleep(self.seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads the knocks
            return ""
        self.broker.outage.works()
        return task_id_in(heard[1]) if heard else None

    def send_again(self, task_id: str) -> None:
        try:
            self.broker.enqueue(wakeup(self.queue, task_id))
        except redis.RedisError as error:
            self.broker.outage.failed(error)

    def close(self) -> None:
        self.client.close()


def _client(url: str, seconds: float) -> redis.Redis:
    """A client that gives up after `seconds` and never repeats a command by itself."""
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=seconds,
            socket_connect_timeout=min(seconds, 1.0),
            retry=Retry(NoBackoff(), 0),
            client_name="dsar",
        )
    except ValueError:
        mend = "Give redis://[:PASSWORD@]HOST:PORT/NUMBER."
        raise BadInput("redis_url", "is not a Redis address.", mend) from None


def check(client: redis.Redis) -> None:
    """BadInput when Redis answers and refuses us; silence when it works or may work later."""
    try:
        client.ping()
    except redis.AuthenticationError:
        raise BadInput(
            "redis_url", "has a password Redis does not accept.", "Mend user and password in it."
        ) from None
    except redis.ResponseError as error:
        if str(error).startswith(PASSING):
            return
        mend = "Name a database and a user that may use lists."
        raise BadInput("redis_url", "is refused by Redis.", mend) from None
    except redis.RedisError:
        return


def broker_for(installation: Installation) -> Broker:
    """The bell the settings ask for: Redis between processes, else one inside this process."""
    url = installation.settings.redis_url
    if url is None:
        return EmbeddedBroker()
    broker = RedisBroker(url, namespace=installation.settings.namespace)
    broker.check()
    return broker
