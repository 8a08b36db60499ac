"""Tasks a second with more and more workers, and the ceiling the database sets.

Real worker processes of eight threads: 1 and 2. Simulated ones: pgbench sends the very statements
of a claim and a completion, one commit a task, from 1 to 128 connections, each a thread of a worker
that does nothing else. The ceiling is what the same server commits at best in transactions of one
update each. No limit: it says where more workers stop helping on this machine.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event, text

from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation
from dsar.store import migrate, tasks
from tests.benchmarks import _peers
from tests.benchmarks._company import show
from tests.benchmarks.queue import KINDS, empty, fill
from tests.servers import PostgresServer, find_program
from tests.store.rows import new_ticket
from tests.workers.installations import new_installation

CONNECTIONS = (1, 2, 8, 32, 128)
SECONDS = 6
#: More than any machine claims in the time.
WAITING = 40_000


class ManyConnections(PostgresServer):
    """A server that lets in more than the 128 that are simulated."""

    def command(self) -> list[str]:
        return [word.replace("max_connections=100", "max_connections=200")
                for word in super().command()]  # fmt: skip


def a_task(installation: Installation, url: str) -> str:
    """A claim and the completion of what was claimed, as they are sent, in one transaction."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        sent.append((statement, values))

    event.listen(installation.store.engine, "before_cursor_execute", note)
    with installation.store.session() as session:
        lease = tasks.claim(session, installation.store, queue="work", kinds=KINDS, owner="bench")
        assert lease is not None
        tasks.complete(session, installation.store, lease)
    event.remove(installation.store.engine, "before_cursor_execute", note)
    with psycopg.connect(_peers.plain(url)) as connection:
        cursor = psycopg.ClientCursor(connection)
        claim, done = (" ".join(cursor.mogrify(*one).split()) for one in sent)
    mine = {f"'{lease.task_id}'": ":id", f"task.fence = {lease.fence}": "task.fence = :fence"}
    for literal, name in mine.items():
        assert done.count(literal) == 1, done
        done = done.replace(literal, name)
    return f"BEGIN;\n{claim} \\gset\n{done};\nCOMMIT;\n"


COMMIT = "UPDATE task SET rings = rings + 1 WHERE id = lpad((:client_id)::text, 30, '0');\n"


def a_second(url: str, script: Path, connections: int) -> float:
    """Transactions a second of so many connections at once."""
    words = ["--no-vacuum", "--protocol=prepared", f"--client={connections}",
             f"--jobs={min(connections, 2)}", f"--time={SECONDS}", f"--file={script}"]  # fmt: skip
    command = [find_program("pgbench"), *words, _peers.plain(url)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.search(r"^tps = ([\d.]+)", ran.stdout, re.MULTILINE)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert found is not None, ran.stdout
    return float(found[1])


def simulated(installation: Installation, url: str, folder: Path) -> None:
    """Each number of connections, first with bare commits, then with tasks."""
    scripts = {"commits": folder / "commits.sql", "tasks": folder / "tasks.sql"}
    scripts["commits"].write_text(COMMIT)
    ticket, ceiling = new_ticket(installation.store), 0.0
    fill(installation, ticket, 1)
    scripts["tasks"].write_text(a_task(installation, url))
    for connections in CONNECTIONS:
        empty(installation)
        fill(installation, ticket, WAITING)
        with installation.store.engine.connect() as connection:
            plain = connection.execution_options(isolation_level="AUTOCOMMIT")
            plain.execute(text("vacuum analyze task"))
        commits = a_second(url, scripts["commits"], connections)
        done = a_second(url, scripts["tasks"], connections)
        ceiling = max(ceiling, commits)
        show(f"simulated_{connections}_connections", commits_a_second=commits,
             tasks_a_second=done, load=os.getloadavg()[0])  # fmt: skip
    show("ceiling", commits_a_second=ceiling)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dsar-workers-") as place:
        folder = Path(place)
        with ManyConnections(durable=True) as server:
            for processes in (1, 2):
                rate = _peers.ours(server, folder, processes=processes)
                show(f"real_{processes}_processes", tasks_a_second=rate, load=os.getloadavg()[0])
            with server.database() as url:
                installation = new_installation(url, folder)
                migrate.upgrade(installation.store)
                keyring.unlock(installation, may_make=True)
                simulated(installation, url, folder)
                installation.store.close()


if __name__ == "__main__":
    main()
