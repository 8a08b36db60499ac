"""One sweep in a process of its own that dies on the border of a commit: `killed_at` runs it."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from dsar.services.opening import open_installation
from dsar.services.runtime import keyring
from dsar.services.ticket.run_task import sweep

ROOT = Path(__file__).parents[3]
KILLED = 9


def killed_at(commit: int, settings: Path, now: datetime) -> int:
    """Sweeps, and dies as its commit of this number is about to happen; how the process ended."""
    words = [str(commit), str(settings), now.isoformat()]
    command = [sys.executable, "-m", "tests.services.ticket.sweeps", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def main(commit: str, settings: str, now: str) -> None:
    installation = open_installation(Path(settings), clock=lambda: datetime.fromisoformat(now))
    keyring.unlock(installation)
    commits = 0

    @event.listens_for(installation.store.engine, "commit")
    def dies(_connection: Any) -> None:
        nonlocal commits
        commits += 1
        if commits == int(commit):
            os._exit(KILLED)

    sweep(installation)


if __name__ == "__main__":
    main(*sys.argv[1:])
