"""How engine and child speak: frames over one socket, each JSON text or a block of bytes.

Five bytes of head: the kind (`j` or `b`) and the length. Nothing but values crosses: whatever the
other side sends, reading it runs no code of theirs.
"""

import json
import select
import socket
import struct
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

_HEAD = struct.Struct(">cI")
_JSON, _BYTES = b"j", b"b"
_BLOCK = 1 << 20
#: How often whoever waits looks after the other side.
_TICK = 0.1


class ConnectionClosed(Exception):  # noqa: N818 - named for what it says
    """The other side is gone."""


class BrokenFrame(Exception):  # noqa: N818
    """The other side sent what is no frame."""


class FrameTooLong(Exception):  # noqa: N818
    """A frame is longer than is taken; none of it was read."""


class TimedOut(Exception):  # noqa: N818
    """No whole frame came in time."""


def _nothing() -> None:
    """Nobody has to be looked after while waiting."""


class Channel:
    """One end. Sending is safe from several threads; one thread receives."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._sending = Lock()

    def say(self, value: Any) -> None:
        """Sends a JSON value. NaN and lone surrogates pass; TypeError for what is no JSON value."""
        self.say_text(json.dumps(value, separators=(",", ":")).encode())

    def say_text(self, text: bytes) -> None:
        """Sends what is JSON text already."""
        self._send(_JSON, text)

    def say_bytes(self, block: bytes) -> None:
        """Sends a block of bytes."""
        self._send(_BYTES, block)

    def _send(self, kind: bytes, body: bytes) -> None:
        try:
            with self._sending:
                self._socket.sendall(_HEAD.pack(kind, len(body)))
                self._socket.sendall(body)
        except (OSError, ValueError):
            raise ConnectionClosed from None

    def hear(
        self,
        *,
        seconds: float | None = None,
        longest: int = 2**32,
        watch: Callable[[], None] = _nothing,
    ) -> Any:
        """The next frame: a JSON value, or bytes. `watch` is called while waiting and may raise.

        Raises TimedOut after `seconds`, FrameTooLong for more than `longest` bytes,
        ConnectionClosed, BrokenFrame.
        """
        until = None if seconds is None else time.monotonic() + seconds
        kind, length = _HEAD.unpack(self._take(_HEAD.size, until, watch))
        if length > longest:
            raise FrameTooLong
        body = bytes(self._take(length, until, watch))
        if kind == _BYTES:
            return body
        try:
            if kind == _JSON:
                return json.loads(body)
        except (ValueError, RecursionError):
            raise BrokenFrame from None
        raise BrokenFrame

    def _take(self, size: int, until: float | None, watch: Callable[[], None]) -> bytearray:
        found = bytearray()
        while len(found) < size:
            self._wait(until, watch)
            try:
                block = self._socket.recv(min(_BLOCK, size - len(found)))
            except OSError:
                raise ConnectionClosed from None
            if not block:
                raise ConnectionClosed
            found += block
        return found

    def _wait(self, until: float | None, watch: Callable[[], None]) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while True:
            left = _TICK if until is None else min(_TICK, until - time.monotonic())
            if poll.poll(max(0.0, left) * 1000):
                return
            watch()
            if until is not None and time.monotonic() >= until:
                raise TimedOut

    def close(self) -> None:
        """Lets the other side know that nothing more will come."""
        self._socket.close()
