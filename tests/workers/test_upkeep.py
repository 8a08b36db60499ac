"""What runs beside the work: renewal, the relay's patience, jobs, outages; none can end a process."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from dramatiq import Message
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dsar.services.runtime.installation import Installation, transaction
from dsar.store import tasks
from tests.store.rows import add_task, claimed, new_ticket, task
from tests.workers.installations import new_installation, until
from workers import schedule
from workers.broker import RedisBroker
from workers.embedded import EmbeddedBroker
from workers.outage import Outage
from workers.renewal import Renewal
from workers.run import Limiter
from workers.schedule import JOBS, Job
from workers.ticker import Ticker
from workers.wakeup_sender import QUIET_SECONDS, WakeupSender

ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def installation(tables_url: str, tmp_path: Path) -> Iterator[Installation]:
    made = new_installation(tables_url, tmp_path, lease_seconds=2)
    yield made
    made.store.close()


def outage() -> Outage:
    return Outage("database", "Start it.")


def test_a_lease_held_is_kept_and_one_let_go_runs_out(installation: Installation) -> None:
    ticket = new_ticket(installation.store)
    for key in "ab":
        add_task(installation.store, ticket, key=key)
    held, left = (claimed(installation.store, lease=timedelta(seconds=n)) for n in (4, 2))
    renewal = Renewal(installation, outage=outage())
    renewal.start()
    with renewal.holding(held):
        with renewal.holding(left):
            pass
        time.sleep(5)
        with transaction(installation) as session:
            swept = tasks.sweep(session, installation.store)
    assert [lost.task_id for lost in swept.expired] == [left.task_id]
    assert task(installation.store, held.task_id).state == "leased"
    renewal.stop()


def test_a_dead_bell_costs_one_short_wait_and_then_nothing_for_a_second() -> None:
    broker = Counted("redis://127.0.0.1:1/0", namespace="test")
    sender, since = WakeupSender(broker), time.monotonic()
    for _ in range(1001):
        sender("work", ID)
    assert 1 <= broker.tried <= 1 + (time.monotonic() - since) / QUIET_SECONDS
    assert (sender.take_lost(), sender.take_lost()) == (1001, 0)
    broker.close()


class Counted(RedisBroker):
    tried = 0

    def enqueue(self, message: Message[None], *, delay: int | None = None) -> Message[None]:
        self.tried += 1
        return super().enqueue(message, delay=delay)


def test_ringing_never_fails_its_caller_whatever_the_task_is_called() -> None:
    broker = EmbeddedBroker()
    broker.declare_queue("work")
    WakeupSender(broker)("work", "no id at all")
    assert broker.queues["work"].qsize() == 1


def test_a_job_runs_once_among_several_schedulers(installation: Installation) -> None:
    ran: list[int] = []
    jobs = {"count": Job(timedelta(hours=1), lambda _installation: ran.append(1))}
    schedule.declare(installation, jobs)
    threads = [
        threading.Thread(target=schedule.run_due, args=(installation, jobs)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [1]


def test_a_job_that_fails_stops_no_other_and_comes_round_again(installation: Installation) -> None:
    ran: list[str] = []

    def explode(_installation: Installation) -> None:
        ran.append("explode")
        raise ValueError("jane@example.org")

    jobs = {
        "explode": Job(timedelta(seconds=1), explode),
        "after": Job(timedelta(hours=1), lambda _installation: ran.append("after")),
    }
    schedule.declare(installation, jobs)
    assert schedule.run_due(installation, jobs) == 2
    time.sleep(1.1)
    assert schedule.run_due(installation, jobs) == 1
    assert ran == ["explode", "after", "explode"]


def test_the_jobs_of_every_house_run(installation: Installation) -> None:
    schedule.declare(installation, JOBS)
    with structlog.testing.capture_logs() as lines:
        assert schedule.run_due(installation, JOBS) == len(JOBS)
    assert {line["event"] for line in lines} == {"job.done"}


def test_an_outage_is_said_once_and_so_is_its_end() -> None:
    watched = outage()
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            watched.failed(OperationalError("SELECT 'jane'", {}, Exception("secret")))
        watched.works()
        watched.works()
    assert [line["event"] for line in lines] == ["outage", "outage.over"]
    assert (lines[0]["what"], lines[0]["mend"]) == ("database", "Start it.")
    assert "jane" not in str(lines)


def test_a_tick_that_fails_is_followed_by_the_next(installation: Installation) -> None:
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 1:
            raise ValueError("unforeseen")
        with transaction(installation) as session:
            session.connection().execute(text("SELECT * FROM no_such_table"))

    ticker = Ticker("test", tick, seconds=0.01, outage=outage())
    ticker.start()
    until(lambda: len(ticks) > 3)
    assert ticker.is_alive()
    ticker.stop()
    ticker.join(60)


def test_who_finds_the_room_full_is_answered_by_who_is_inside() -> None:
    limiter, inside, leave, worked = Limiter(1), threading.Event(), threading.Event(), []

    def work() -> None:
        worked.append(1)
        inside.set()
        leave.wait(60)

    first = threading.Thread(target=limiter.enter, args=(work,))
    first.start()
    assert inside.wait(60)
    limiter.enter(work)  # full: comes back at once
    assert len(worked) == 1
    leave.set()
    first.join(60)
    assert len(worked) == 2
