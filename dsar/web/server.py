"""Serves the pages until the process is asked to stop, and then ends in order."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from dsar.domain.errors import BadInput, DsarError
from dsar.services.runtime.installation import Installation

log = structlog.get_logger("dsar.web")

#: How long an answer in hand is waited for.
GRACE_SECONDS = 10
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def _always() -> bool:
    return True


def serve(
    installation: Installation, host: str, port: int, *, healthy: Callable[[], bool] = _always
) -> None:
    """Answers on host and port until SIGTERM or SIGINT, then returns.

    `healthy` says whether every thread beside the pages is still alive; it is asked every second.
    Raises BadInput where the address cannot be had, DsarError when one of those threads died:
    pages that answer while nobody works behind them look well and are not. No access log: only
    requests that name a ticket leave a line, with its reference (`dsar.web.trace_ids`), never who
    asked or from where.
    """
    import uvicorn

    from dsar.web.app import create

    listening = _listen(host, port)
    dead = threading.Event()

    async def notice() -> None:
        if not healthy():
            dead.set()
            server.should_exit = True

    config = uvicorn.Config(
        create(installation),
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        callback_notify=notice,
        timeout_notify=0,
    )
    server = uvicorn.Server(config)
    with _stopped_by_signals(server), listening:
        log.info("ready", kind="web", what=f"{host}:{listening.getsockname()[1]}")
        server.run(sockets=[listening])
    if dead.is_set():
        raise DsarError("A thread of this process died; start the process again.")


def _listen(host: str, port: int) -> socket.socket:
    """The socket, taken before anything is built: a port in use is one sentence, no stack trace."""
    mend = "Name another with --host and --port."
    if not 0 <= port < 65536:
        raise BadInput("port", f"{port} is no port and cannot be used.", mend)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or "unknown"
        raise BadInput("port", f"{host} port {port} cannot be used: {reason}.", mend) from None


@contextmanager
def _stopped_by_signals(server: object) -> Iterator[None]:
    """uvicorn stops in order at a signal and then raises it again, which would end the process.

    While it runs these handlers stand below its own; what it raises again they swallow.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True  # type: ignore[attr-defined]

    before = {which: signal.signal(which, stop) for which in _SIGNALS}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
