"""What runs in the child process: one adapter at a time, and a loop that does as it is told.

Imports the SDK and the standard library only, so that it starts in a tenth of a second. Whatever
the adapter prints goes nowhere; of what it logs only the logger, the level and the place are told,
for a message may hold anything. When the engine's process ends, the kernel ends this one: the
engine holds the other end of the lifeline.
"""

import fcntl
import importlib
import json
import logging
import os
import resource
import socket
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from dsar.sandbox import wire
from dsar.sandbox.frames import Channel, ConnectionClosed, TimedOut
from dsar.sdk import Adapter, Later, NeedsHuman, Page, Receipt, Subject
from dsar.sdk.limits import MIB, fault_in
from dsar.sdk.settings import build

#: A child that nobody has asked for so long ends by itself.
IDLE_SECONDS = 30.0
#: Lines of the adapter's own log that are told of one opening.
_LOG_LINES = 200
_BLOCK = 1 << 20
_END = object()
#: Receipts of one message at most, and after how many seconds those there are go out: one by one
#: where a system is slow, so that hardly any is lost with a process that is killed.
_BUNCH, _BUNCH_SECONDS = 500, 0.1


def main(conversation: int, lifeline: int) -> None:
    """Serves until the engine is gone or has asked for nothing for a while."""
    hold_on_to(lifeline)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    desk = _Desk(Channel(socket.socket(fileno=conversation)))
    logging.basicConfig(handlers=[_Told(desk)], level=logging.WARNING, force=True)
    try:
        desk.serve()
    except ConnectionClosed:
        return


def hold_on_to(lifeline: int) -> None:
    """The kernel ends this process and all it started when nobody holds the other end any more.

    SIGIO ends a process that has no handler for it, also one that is stuck in foreign code.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    try:
        gone = os.read(lifeline, 1) == b""
    except BlockingIOError:
        gone = False
    if gone:  # it let go before we held on
        os._exit(0)


class _Told(logging.Handler):
    """Says that something was logged, not what."""

    def __init__(self, desk: "_Desk") -> None:
        super().__init__()
        self._desk = desk

    def emit(self, record: logging.LogRecord) -> None:
        self._desk.tell_log(record.name, record.levelname, f"{record.filename}:{record.lineno}")


class _Desk:
    """The adapter, its open streams, and what can be asked."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._adapter: Adapter | None = None
        self._streams: dict[int, Iterator[Any]] = {}
        self._numbers = count(1)
        self._page: Page | None = None
        self._depth = 32
        self._longest = 64 * MIB
        self._log_lines = 0
        self._does: dict[str, Callable[[dict[str, Any]], Any]] = {
            "open": self._open,
            "collections": self._collections,
            "check": self._check,
            "find": self._find,
            "read": self._read,
            "next": self._next,
            "drop": self._drop,
            "act": self._act,
            "close": self._close,
        }

    def serve(self) -> None:
        """Says that it is there, then answers one question after the other."""
        self._channel.say("ready")
        while True:
            try:
                idle = IDLE_SECONDS if self._adapter is None else None
                asked = self._channel.hear(seconds=idle)
            except TimedOut:
                return
            self._answer(asked)

    def _answer(self, asked: dict[str, Any]) -> None:
        try:
            said = self._does[asked["do"]](asked)
            if isinstance(said, bytes):
                self._channel.say_bytes(said)
            else:
                self._say({"said": said})
        except ConnectionClosed:
            raise
        except MemoryError:
            self._streams.clear()
            self._adapter = None
            self._channel.say({"memory": True})
            os._exit(1)
        except BaseException as error:  # noqa: BLE001 - also an adapter that calls sys.exit()
            self._channel.say(_failure(error))

    def _say(self, reply: dict[str, Any]) -> None:
        try:
            text = json.dumps(reply, separators=(",", ":")).encode()
        except (TypeError, ValueError, RecursionError):
            raise self._named_fault() from None
        if len(text) > self._longest:
            text = b'{"too_long":true}'
        self._channel.say_text(text)

    def tell_log(self, logger: str, level: str, where: str) -> None:
        self._log_lines += 1
        if self._log_lines <= _LOG_LINES:
            self._channel.say({"log": {"logger": logger, "level": level, "where": where}})

    # -- what can be asked -------------------------------------------------------------------------

    def _open(self, asked: dict[str, Any]) -> Any:
        memory, seconds = asked["memory"], asked["processor_seconds"]
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        self._depth, self._longest, self._log_lines = asked["depth"], asked["longest"], 0
        module, _, path = asked["adapter"].partition(":")
        kind: Any = importlib.import_module(module)
        for name in path.split("."):
            kind = getattr(kind, name)
        self._adapter = kind(build(kind.Settings, asked["settings"], at=asked["at"]))
        told = {name: getattr(self._adapter, name) for name in ("identifies_by", "gives")}
        return {name: list(value) for name, value in told.items()}

    def _at_work(self) -> Adapter:
        assert self._adapter is not None  # noqa: S101 - the engine opens before it asks
        return self._adapter

    def _collections(self, _asked: dict[str, Any]) -> Any:
        return [wire.from_collection(one) for one in self._at_work().collections()]

    def _check(self, _asked: dict[str, Any]) -> Any:
        return [asdict(one) for one in self._at_work().check()]

    def _find(self, asked: dict[str, Any]) -> int:
        subject = Subject({kind: tuple(values) for kind, values in asked["subject"].items()})
        return self._stream(self._at_work().find(subject, asked["checkpoint"]))

    def _read(self, asked: dict[str, Any]) -> int:
        attachment = wire.to_attachment(asked["attachment"])
        blocks = self._at_work().read(asked["collection"], asked["key"], attachment)
        return self._stream(_in_blocks(blocks))

    def _stream(self, flow: Iterable[Any]) -> int:
        number = next(self._numbers)
        self._streams[number] = iter(flow)
        return number

    def _next(self, asked: dict[str, Any]) -> Any:
        item = next(self._streams[asked["stream"]], _END)
        self._page = item if isinstance(item, Page) else None
        if isinstance(item, Page):
            return wire.from_page(item)
        if isinstance(item, bytes | list):
            return item
        if item is _END:
            return None
        raise TypeError("neither a page nor bytes nor receipts")

    def _named_fault(self) -> Exception:
        """What in the page at hand no message can hold."""
        for record in self._page.records if self._page else ():
            if (fault := fault_in(record.data, depth=self._depth)) is not None:
                return _Faulty(record.collection, *fault)
        return TypeError("no JSON value")

    def _drop(self, asked: dict[str, Any]) -> None:
        flow = self._streams.pop(asked["stream"], None)
        close = getattr(flow, "close", None)
        if close:
            close()

    def _act(self, asked: dict[str, Any]) -> int:
        found = getattr(self._at_work(), asked["verb"])(wire.to_batch(asked["batch"]))
        return self._stream(_in_bunches(found))

    def _close(self, _asked: dict[str, Any]) -> None:
        self._streams.clear()
        adapter, self._adapter = self._adapter, None
        if adapter is not None:
            adapter.close()


class _Faulty(Exception):  # noqa: N818
    """A value that no message can hold."""


def _in_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """No block longer than the channel takes; none empty, which would look like the end."""
    for block in blocks:
        for start in range(0, len(block), _BLOCK):
            yield bytes(block[start : start + _BLOCK])


def _in_bunches(receipts: Iterable[Receipt]) -> Iterator[list[list[str]]]:
    """Receipts soon after they were given, few messages for many; those before a failure first."""
    bunch: list[list[str]] = []
    since = time.monotonic()
    try:
        for receipt in receipts:
            bunch.append(wire.from_receipt(receipt))
            if len(bunch) >= _BUNCH or time.monotonic() - since > _BUNCH_SECONDS:
                yield bunch
                bunch, since = [], time.monotonic()
    except GeneratorExit:
        raise
    except BaseException:
        if bunch:
            yield bunch
        raise
    if bunch:
        yield bunch


def _failure(error: BaseException) -> dict[str, Any]:
    """The two named failures as they are; of any other its class and its place, never its text."""
    if isinstance(error, Later):
        asked = {"wait": float(error.wait), "checkpoint": error.checkpoint}
        return {"later": wire.from_failure(error) | asked}
    if isinstance(error, NeedsHuman):
        return {"needs_human": wire.from_failure(error)}
    if isinstance(error, _Faulty):
        return {"fault": list(error.args)}
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    return {
        "error": type(error).__name__,
        "where": where,
        "passing": isinstance(error, wire.PASSING),
    }
