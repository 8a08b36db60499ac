"""The server answers until it is asked to stop, then ends in order with nothing of us in its log."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from dsar.domain.errors import BadInput
from dsar.web.server import serve
from tests.servers import free_port
from tests.web.filled import Filled

_PROGRAM = """
import os, sys
from dsar.cli.opened import opened
from dsar.web.server import serve
os.environ["DSAR_CONFIG"] = sys.argv[1]
with opened(patient=True) as installation:
    serve(installation, "127.0.0.1", int(sys.argv[2]))
"""


def start(filled: Filled, port: int) -> subprocess.Popen[str]:
    settings = str(filled.installation.settings.folder / "dsar.toml")
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, settings, str(port)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def answered(url: str, *, seconds: float = 60) -> bytes:
    until = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=60) as answer:
                return bytes(answer.read())
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_in_order_and_its_log_names_the_ticket_and_no_address(
    filled: Filled, which: signal.Signals
) -> None:
    port = free_port()
    process = start(filled, port)
    try:
        late = filled.refs["late"]
        page = answered(f"http://127.0.0.1:{port}/tickets/{late}?who=johanna")
        assert late.encode() in page
        process.send_signal(which)
        log, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, log
    assert f"ticket={late}" in log
    assert f"/tickets/{late}" not in log
    assert "johanna" not in log


def test_a_port_in_use_is_told_in_one_sentence(filled: Filled) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"127.0.0.1 port {port} cannot be used"):
            serve(filled.installation, "127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("no-such-host.invalid", 8000)])
def test_an_address_that_cannot_be_had_is_told_in_one_sentence(
    filled: Filled, host: str, port: int
) -> None:
    with pytest.raises(BadInput, match="cannot be used"):
        serve(filled.installation, host, port)


@pytest.fixture
def no_loop_running() -> Iterator[None]:
    """A browser that another test left open marks its loop as running here, though it rests."""
    resting = asyncio.events._get_running_loop()
    asyncio.events._set_running_loop(None)
    yield
    asyncio.events._set_running_loop(resting)


@pytest.mark.usefixtures("no_loop_running")
def test_serving_leaves_the_signals_of_the_process_as_they_were(filled: Filled) -> None:
    """Also the one that stopped it: the caller's own way to end goes on afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    port = free_port()

    def stop() -> None:
        answered(f"http://127.0.0.1:{port}/healthz")
        os.kill(os.getpid(), signal.SIGTERM)

    visitor = threading.Thread(target=stop)
    visitor.start()
    serve(filled.installation, "127.0.0.1", port)
    visitor.join()
    assert signal.getsignal(signal.SIGTERM) is before
