"""What a ticket costs while 1,000, 10,000 and 100,000 others are open.

Limit: within 20 percent. Each of the others has one search done, one waiting at a closed source and
one that waits for staff, so the queue is as long as the list of tickets. Measured is the CPU of
PostgreSQL and ours from the filing of an access request to its delivery, without the report, which
is printed by a process of its own and knows of no other ticket.
"""

import os
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from dsar.domain.reasons import told
from dsar.domain.rights import Right
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.upkeep.numbers import figures
from dsar.store.tasks import gates
from tests.benchmarks._company import ask, company, show
from workers.run_here import run_until_idle

REQUESTS = 10
_TICK = os.sysconf("SC_CLK_TCK")

_TICKETS = """
insert into ticket (id, ref, request_id, "right", state, version, machine_version, regime,
    regime_version, due_on, due_at, clock, clock_events, doubts, round, policy_version,
    created_at, journal_seq, journal_head)
select lpad(n::text, 32, 'f'), 'R-OPEN-' || n, t.request_id, t."right", 'collecting', 1,
    t.machine_version, t.regime, t.regime_version, t.due_on, t.due_at - interval '1 day', t.clock,
    t.clock_events, t.doubts, 1, t.policy_version, t.created_at, 0, ''
from generate_series(cast(:first as int), cast(:last as int)) n,
    (select * from ticket where id not like 'f%' limit 1) t
"""
_TASKS = """
insert into task (id, ticket_id, kind, source, key, queue, state, rank, not_before, sweep_at, fence,
    owner, attempts, crashes, deferrals, rings, done, reason, created_at, updated_at)
select lpad(n::text, 31, 'f') || s.mark, lpad(n::text, 32, 'f'), 'search', s.source, '', 'work',
    s.state, t.due_at - interval '1 day', now(), now() + interval '1 day', 0, '', 0, 0, 0, 0, 0, '',
    now(), now()
from generate_series(cast(:first as int), cast(:last as int)) n,
    (select due_at from ticket where id not like 'f%' limit 1) t,
    (values ('a', 'mail', 'done'), ('b', 'crm', 'ready'), ('c', 'archive', 'waiting_human'))
        s (mark, source, state)
"""


def open_others(installation: Installation, first: int, last: int) -> None:
    """Opens the tickets with these numbers, and lets the database see how many there are."""
    with transaction(installation) as session:
        for statement in (_TICKETS, _TASKS):
            session.connection().execute(text(statement), {"first": first, "last": last})
    with installation.store.engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        plain.execute(text("vacuum analyze"))


def database_cpu(installation: Installation) -> float:
    """CPU seconds of the processes that serve our connections."""
    with installation.store.engine.connect() as connection:
        mine = "select pid from pg_stat_activity where datname = current_database()"
        pids = connection.execute(text(mine)).scalars().all()
    return sum(_used(pid) for pid in pids)


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def a_ticket(installation: Installation) -> tuple[float, float]:
    """CPU seconds of a ticket: ours, and the database's."""
    before = time.process_time(), database_cpu(installation)
    for _ in range(REQUESTS):
        ask(installation, Right.ACCESS)
    run_until_idle(installation)
    ours, theirs = time.process_time() - before[0], database_cpu(installation) - before[1]
    return ours / REQUESTS, theirs / REQUESTS


def scrape_ms(installation: Installation) -> float:
    """Milliseconds of one reading of all metrics."""
    since = time.perf_counter()
    with reading(installation) as session:
        figures(session)
    return (time.perf_counter() - since) * 1000


def main() -> None:
    with company(5) as (installation, _url):
        a_ticket(installation)
        with transaction(installation) as session:
            until = session.now() + timedelta(days=1)
            gates.close(session, installation.store, "crm", until=until, reason=told("Closed."))
        cost, already = {}, 0
        for others in (1_000, 10_000, 100_000):
            open_others(installation, already + 1, others)
            already = others
            ours, theirs = min(a_ticket(installation) for _ in range(3))
            cost[others] = ours + theirs
            show(f"ticket_among_{others}", cpu_s=ours, database_cpu_s=theirs,
                 metrics_ms=scrape_ms(installation), load=os.getloadavg()[0])  # fmt: skip
        show("ticket_among_others", ratio=cost[100_000] / cost[1_000], limit=1.2)


if __name__ == "__main__":
    main()
