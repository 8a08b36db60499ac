"""A process that is there for good waits for its database, and refuses what waiting cannot mend."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
import sqlalchemy as sa

from dsar.cli import run
from dsar.store import migrate
from dsar.store.engine import Store
from tests.cli.conftest import Cli
from tests.servers import PostgresServer, Process, RedisServer, free_port, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


def environment(dsar: Cli, **more: str) -> Mapping[str, str]:
    return {**os.environ, "DSAR_CONFIG": str(dsar.folder / "dsar.toml"), **more}


def start(dsar: Cli, *words: str, log: Path, **more: str) -> Process:
    return Process([program(), *words], log=log, environment=environment(dsar, **more))


def program() -> str:
    found = shutil.which("dsar", path=str(Path(sys.executable).parent))
    assert found
    return found


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
            return bool(answer.read())
    except HTTPError as error:  # an answer too: nobody works here
        return bool(error.read())
    except URLError:
        return False


@pytest.mark.parametrize("words", [("scheduler",), ("worker",), ("web", "--port", "0")])
def test_started_before_its_database_it_says_so_once_and_begins_when_it_is_there(
    dsar: Cli, words: tuple[str, ...], redis_server: RedisServer, tmp_path: Path
) -> None:
    with PostgresServer() as server, server.database() as url:
        store = Store(url)
        migrate.upgrade(store)
        store.close()
        server.kill()
        more = {"DSAR_DATABASE_URL": url, "DSAR_REDIS_URL": redis_server.url()}
        process = start(dsar, *words, log=tmp_path / "process.log", **more)
        try:
            wait_until(lambda: "waits for it" in process.output(), seconds=30, what="waiting")
            server.start()
            process.wait_ready(lambda: '"event": "ready"' in process.output())
            assert process.end() == 0
        finally:
            if process.popen.poll() is None:
                process.kill()
        assert process.output().count("waits for it") == 1
        assert "Traceback" not in process.output()


def test_a_password_or_a_database_that_is_refused_is_not_waited_for(
    dsar: Cli, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = sa.make_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False)
    monkeypatch.setenv("DSAR_DATABASE_URL", wrong)
    said = dsar("scheduler")
    assert said.code == 2
    assert 'database "nowhere" does not exist' in said.refusal


def test_a_command_does_not_wait_at_all(
    dsar: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DSAR_DATABASE_URL", "postgresql://dsar@127.0.0.1:1/dsar")
    assert run(["ticket", "list"]) == 2
    assert "does not answer" in capsys.readouterr().err


def test_an_embedded_process_needs_nobody(dsar: Cli, tmp_path: Path) -> None:
    process = start(dsar, "scheduler", log=tmp_path / "process.log")
    process.wait_ready(lambda: '"event": "ready"' in process.output())
    assert process.end() == 0
    assert isinstance(process.popen, subprocess.Popen)


def test_a_log_that_takes_no_line_costs_no_process(dsar: Cli, tmp_path: Path) -> None:
    """Its disk is full. Every line fails, from the one that says that the process is ready."""
    port = free_port()
    silent = ["sh", "-c", 'exec "$0" "$@" 2>/dev/full', program(), "web", "--port", str(port)]
    process = Process(silent, log=tmp_path / "process.log", environment=environment(dsar))
    try:
        process.wait_ready(lambda: answers(port))
        assert answers(port)
        assert process.popen.poll() is None
    finally:
        process.kill()


#: A process of ours of which one thread ends when it is told to (SIGUSR1), as if it had died.
_MORTAL = """
import signal, sys, threading
from dsar.cli import run

def end(_number, _frame):
    for thread in threading.enumerate():
        if thread.name == sys.argv[1]:
            thread.stop()

signal.signal(signal.SIGUSR1, end)
sys.exit(run(sys.argv[2:]))
"""


@pytest.mark.parametrize(("kind", "thread"), [("web", "beat"), ("serve", "renewal")])
def test_pages_whose_threads_died_end_and_say_so(
    dsar: Cli, tmp_path: Path, kind: str, thread: str
) -> None:
    """Else they would answer on, and look alive, while nobody works or watches behind them."""
    port = free_port()
    mortal = [sys.executable, "-c", _MORTAL, thread, kind, "--port", str(port)]
    process = Process(mortal, log=tmp_path / "process.log", environment=environment(dsar))
    try:
        process.wait_ready(lambda: answers(port))
        process.popen.send_signal(signal.SIGUSR1)
        wait_until(lambda: process.popen.poll() is not None, seconds=30, what="ending")
    finally:
        process.kill()
    assert process.popen.returncode == 1
    assert "dsar: A thread of this process died; start the process again." in process.output()
    assert "Traceback" not in process.output()
