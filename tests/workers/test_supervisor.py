"""The parent of worker processes: whoever dies is noticed at once, and replaced."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Process
from tests.workers.installations import until
from workers.supervisor import LONGEST_PAUSE

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import sys, time
from workers.supervisor import Supervisor
def died(pid):
    print("gave back the leases of", pid, flush=True)
keeper = Supervisor(3, lambda: time.sleep(3600), died=died, grace=1)
keeper._pause = float(sys.argv[1])
keeper.run()
"""


@pytest.fixture
def supervisor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Process]:
    """It rested for so many seconds the last time; the next time twice as long."""
    started = Process(
        [sys.executable, "-c", _PROGRAM, str(request.param)],
        log=tmp_path / "supervisor.log",
        environment={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    started.wait_ready(lambda: len(children(started)) == 3)
    yield started
    started.kill()


def children(parent: Process) -> list[int]:
    pid = parent.popen.pid
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


@pytest.mark.parametrize("supervisor", [LONGEST_PAUSE], indirect=True)
def test_whoever_dies_while_it_rests_is_noticed_at_once(supervisor: Process) -> None:
    """It rests for seconds after children that died young; their siblings' leases cannot wait."""
    waits = []
    for victim in children(supervisor):
        killed = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        until(lambda pid=victim: f"leases of {pid}" in supervisor.output(), LONGEST_PAUSE / 4)  # type: ignore[misc]
        waits.append(time.monotonic() - killed)
    assert len(waits) == 3
    assert min(waits) < 0.7
    assert children(supervisor) == []  # it still rests


@pytest.mark.parametrize("supervisor", [0], indirect=True)
def test_after_its_rest_every_child_is_replaced(supervisor: Process) -> None:
    before = children(supervisor)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: f"leases of {before[0]}" in supervisor.output())
    until(lambda: len(set(children(supervisor)) - {before[0]}) == 3)
