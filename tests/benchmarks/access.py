"""Access of 100,000 rows in PostgreSQL: peak memory flat in the number of rows, cost beside bare SQL.

Limit: 200 MB at the peak of the worker, and nearly the same with 1,000 rows.
"""

import json
import tempfile
import time
import zlib
from pathlib import Path

import psycopg

from dsar.domain.rights import Right
from dsar.services.runtime.installation import reading
from dsar.store.tickets import of_request, request_by_ref
from tests.benchmarks._company import ask, company, cpu, forked, peak_mb, show
from workers.run_here import run_until_idle


def bare(url: str) -> tuple[float, float]:
    """Read the person's rows, write them as deflated JSON: what it costs without us."""
    with psycopg.connect(url) as connection, tempfile.TemporaryDirectory() as place:
        start = time.process_time(), time.perf_counter()
        packer = zlib.compressobj(6)
        with (Path(place) / "rows").open("wb") as out, connection.cursor("rows") as cursor:
            for row in cursor.execute("select * from orders where user_id = 1"):
                out.write(packer.compress(json.dumps(row, default=str).encode()))
            out.write(packer.flush())
        return time.process_time() - start[0], time.perf_counter() - start[1]


def measure(rows: int) -> dict[str, object]:
    """One access from intake to bundle, in a process of its own."""
    with company(rows) as (installation, url):
        floor_cpu, floor_wall = bare(url)
        ref = ask(installation, Right.ACCESS)
        spent, wall = cpu(lambda: run_until_idle(installation))
        with reading(installation) as session:
            state = of_request(session, request_by_ref(session, ref))[0].state
        return {
            "rows": rows,
            "outcome": state,
            "peak_mb": peak_mb(),
            "cpu_s": spent,
            "wall_s": wall,
            "bare_cpu_s": floor_cpu,
            "bare_wall_s": floor_wall,
        }


if __name__ == "__main__":
    few = forked(lambda: measure(1_000))
    many = forked(lambda: measure(100_000))
    show("access_1000", **few)
    show("access_100000", **many, limit_mb=200)
    show("access_memory", many_over_few=float(str(many["peak_mb"])) / float(str(few["peak_mb"])))
