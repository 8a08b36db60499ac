"""What it takes to stand there: packages, seconds to start, memory of web and worker when idle.

Limits: 80 packages, 1.5 s to start, 200 MB for one web and one worker process together.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks._company import company, show
from tests.servers import RedisServer

ROOT = Path(__file__).parents[2]
PORT = 8917


def packages() -> int:
    """How many packages running it installs."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return len(re.findall(r"^[a-z0-9._-]+==", lock, re.MULTILINE | re.IGNORECASE))


def pss_mb(pid: int) -> float:
    """The memory of a process and of those it started, shared pages counted by their share."""
    own = Path(f"/proc/{pid}/smaps_rollup").read_text()
    total = int(re.findall(r"^Pss:\s+(\d+)", own, re.MULTILINE)[0]) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return total + sum(pss_mb(int(child)) for child in children)


@contextmanager
def running(config: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """One of our processes, as it is started in earnest."""
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("dsar")), "--config", str(config), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def answers() -> bool:
    """Whether the web process says that it is well."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def until(holds: Callable[[], bool]) -> float:
    """Seconds until it holds."""
    start = time.perf_counter()
    while not holds():
        time.sleep(0.01)
    return time.perf_counter() - start


if __name__ == "__main__":
    show("packages", installed=packages(), limit=80)
    with RedisServer() as redis, company(5, redis_url=redis.url()) as (installation, _url):
        config = installation.settings.folder / "dsar.toml"
        with running(config, "web", "--port", str(PORT)) as web:
            started = until(answers)
            with running(config, "worker") as worker:
                time.sleep(8)
                web_mb, worker_mb = pss_mb(web.pid), pss_mb(worker.pid)
        show("start", web_seconds=started, limit=1.5)
        show("idle", web_mb=web_mb, worker_mb=worker_mb, both_mb=web_mb + worker_mb, limit=200)
