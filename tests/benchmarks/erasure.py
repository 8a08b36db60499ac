"""Erasing 10,000 rows in PostgreSQL against the same erasure in bare SQL, in one run.

Limits: worker CPU at most 0.5 s, wall at most 3 times bare SQL for what the source is asked to do.
"""

import time

import psycopg

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.runtime.actor import staff
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.ticket.advance import advance
from dsar.store.tickets import of_request, request_by_ref
from tests.benchmarks._company import ask, company, cpu, show
from workers.run_here import run_until_idle

ROWS = 10_000

_BARE = (
    "update orders set item = null, note = null where id = any(%s)",
    "update addresses set street = null, city = null where id = any(%s)",
    "update users set email = null, full_name = null, phone = null where id = any(%s)",
)


def bare(url: str) -> float:
    """What it costs without us: read the keys, null the columns in batches, in a transaction each."""
    with psycopg.connect(url) as connection:
        start = time.perf_counter()
        user = [1]
        orders = [r[0] for r in connection.execute("select id from orders where user_id = 1")]
        homes = [r[0] for r in connection.execute("select id from addresses where user_id = 1")]
        for statement, keys in zip(_BARE, (orders, homes, user), strict=True):
            for begin in range(0, len(keys), 5000):
                connection.execute(statement, [keys[begin : begin + 5000]])
                connection.commit()
        return time.perf_counter() - start


def approve(installation: Installation, ref: str) -> None:
    """A reviewer approves the erasure."""
    with transaction(installation) as session:
        ticket = of_request(session, request_by_ref(session, ref))[0]
        because = Because(reason="looked at", decided_by="ben")
        advance(session, staff("ben"), ticket.id, Event.APPROVE, because=because)


def erase() -> None:
    """Measures the whole erasure, and the part of it that acts on the source."""
    with company(ROWS) as (installation, url):
        floor = bare(url)
    with company(ROWS) as (installation, url):
        ask(installation, Right.ACCESS, who="person7@example.org")
        run_until_idle(installation)  # a worker that has worked before
        ref = ask(installation, Right.ERASURE)
        search, search_wall = cpu(lambda: run_until_idle(installation))
        approve(installation, ref)
        from dsar.services.work import act

        spent: list[float] = []
        whole = act.act

        def timed(house_: Installation, run: object) -> None:
            start = time.perf_counter()
            whole(house_, run)  # type: ignore[arg-type]
            spent.append(time.perf_counter() - start)

        from workers.handlers import QUEUES

        QUEUES["work"]["act"] = timed  # type: ignore[index]
        act, act_wall = cpu(lambda: run_until_idle(installation))
        QUEUES["work"]["act"] = whole  # type: ignore[index]
        with reading(installation) as session:
            state = of_request(session, request_by_ref(session, ref))[0].state
        show(
            "erasure_10000",
            outcome=state,
            search_cpu_s=search,
            search_wall_s=search_wall,
            act_and_prove_cpu_s=act,
            act_and_prove_wall_s=act_wall,
            acting_wall_s=spent[0],
            bare_sql_wall_s=floor,
            acting_over_bare=spent[0] / floor,
            limit=3.0,
        )


if __name__ == "__main__":
    erase()
