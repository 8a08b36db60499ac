"""The pages of a house on a port of this machine, from a thread of the tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from dsar.services.runtime.installation import Installation
from dsar.web.app import create
from tests.servers import START_SECONDS, STOP_SECONDS, free_port, wait_until


@contextmanager
def served(installation: Installation, port: int | None = None) -> Iterator[str]:
    """Their address; nobody is let in before they answer."""
    port = port or free_port()
    config = uvicorn.Config(
        create(installation), port=port, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(
            lambda: server.started or not thread.is_alive(),
            seconds=START_SECONDS,
            what="answering",
        )
        assert server.started, "the server ended before it answered"
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
