"""Connections that are checked when they are made, and that know when their time is over.

The name is resolved here, its addresses are judged, and the judged address itself is connected to:
a name that resolves differently a moment later (DNS rebinding) gains nothing.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore2

from dsar.adapters.http.addresses import is_private, refusal
from dsar.adapters.http.http_settings import HttpSettings
from dsar.sdk import Later, NeedsHuman


class Budget(threading.local):
    """Until when the exchange of this thread must be over, by the monotonic clock."""

    until: float = 0.0

    def start(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """The shorter of `timeout` and what is left; ReadTimeout where nothing is."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("The time for the whole exchange is over.")
        return left if timeout is None else min(left, timeout)


class TimedStream(httpcore2.NetworkStream):
    """A connection each step of which ends with the budget: a trickle of bytes gains nothing."""

    def __init__(self, stream: httpcore2.NetworkStream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._budget.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._budget.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._budget.left(timeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class CheckedNetwork(httpcore2.NetworkBackend):
    """Opens connections to the one configured host, at an address it may stand at."""

    def __init__(self, settings: HttpSettings, budget: Budget) -> None:
        self._settings = settings
        self._budget = budget
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        refused: Exception = httpcore2.ConnectError("no address")
        for address in self._checked(host, port):
            left = self._budget.left(timeout)
            try:
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                refused = error
                continue
            return TimedStream(stream, self._budget)
        raise refused

    def _checked(self, host: str, port: int) -> list[str]:
        """The host's addresses; one that must not be reached refuses them all."""
        found = resolved(host, port)
        if self._settings.proxy:
            return found  # named in the settings itself; it resolves the source's name, not we
        for address in found:
            what = refusal(address, allow_private=self._settings.allow_private)
            if what:
                raise NeedsHuman(
                    f"{host} stands at {what}, which this source may not reach. Correct the "
                    "setting url, or set allow_private = true for a system of your own network."
                )
            if self._settings.parsed.scheme == "http" and not is_private(address):
                raise NeedsHuman(
                    f"{host} stands at a public address and is asked without TLS. Use https."
                )
        return found


def resolved(host: str, port: int) -> list[str]:
    """Every address of the name, in the resolver's order."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise Later(f"The name {host} cannot be resolved just now.") from None
        raise NeedsHuman(f"The name {host} is not known. Correct the setting url.") from None
    except UnicodeError:
        raise NeedsHuman("The setting url names no host that can be. Correct it.") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
