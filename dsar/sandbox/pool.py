"""Starts child processes, asks, watches and stops them; keeps idle ones for the next task.

Starting one costs about a tenth of a second, being kept nothing: so a child serves one task after
the other, one at a time, until it has served many, has grown, or has been idle.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import structlog

from dsar.domain.errors import DsarError
from dsar.sandbox import wire
from dsar.sandbox.frames import BrokenFrame, Channel, ConnectionClosed, FrameTooLong, TimedOut
from dsar.sdk import Later, Limits, NeedsHuman
from dsar.sdk.limits import MIB

log = structlog.get_logger("dsar.sources")

#: What a child gets of our environment: where programs are, language, time zone, certificates and
#: the way out. No address of a database, no key.
ENVIRONMENT = frozenset(
    {
        "HOME", "LANG", "LANGUAGE", "PATH", "TMPDIR", "TZ",
        "SSL_CERT_DIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    }
)  # fmt: skip

_BEGIN = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from dsar.sandbox.child import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)
#: A child that has served so many tasks is replaced: whatever it leaks goes with it.
_MOST_USES = 500
_IDLE_AT_ONCE = 8
_START_SECONDS = 120.0
_LOG_LINES = 1000
_PAGE = os.sysconf("SC_PAGE_SIZE")


class ProcessStopped(DsarError):  # noqa: N818 - named for what happened
    """An adapter's process was stopped or ended. `reason` is a sentence without personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Defect(ProcessStopped):
    """An adapter raised what it should not have: it would do so again, however long one waits."""


def _start(*fds: int) -> subprocess.Popen[bytes]:
    path = json.dumps([one for one in sys.path if isinstance(one, str)])
    known = {name: os.environ[name] for name in ENVIRONMENT & os.environ.keys()}
    words = {name: value for name, value in os.environ.items() if name.startswith("LC_")}
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-c", _BEGIN, path, *map(str, fds)],
        pass_fds=fds,
        env=known | words,
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )


class Child:
    """One child process. Whoever has it asks it from one thread."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        end, self._lifeline = os.pipe()
        with theirs:
            environment = {
                k: v for k, v in os.environ.items() if k in ENVIRONMENT or k[:3] == "LC_"
            }
            path = json.dumps([one for one in sys.path if isinstance(one, str)])
            fds = (theirs.fileno(), end)
            nowhere = subprocess.DEVNULL
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BEGIN, path, *map(str, fds)],
                pass_fds=fds,
                env=environment,
                stdin=nowhere,
                stdout=nowhere,
                stderr=nowhere,
                start_new_session=True,
            )
        os.close(end)
        self._channel = Channel(ours)
        self._lines = 0
        self._started = False
        self.uses = 0

    @property
    def pid(self) -> int:
        """Its process, which is also its group and its session."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._lifeline >= 0 and self._process.poll() is None

    def ask(self, asked: dict[str, Any], source: str, limits: Limits) -> Any:
        """What it says to a question; raises Later, NeedsHuman, ProcessStopped.

        Whatever goes wrong with the process or its limits ends it.
        """
        seconds, longest = limits.page_seconds, limits.page_mb * MIB
        try:
            self._await_start()
            self._channel.say(asked)
            while True:
                said = self._channel.hear(
                    seconds=seconds, longest=longest, watch=lambda: self._watch(limits)
                )
                if not (isinstance(said, dict) and "log" in said):
                    return said if isinstance(said, bytes) else self._heard(said, source, limits)
                self._tell(said["log"], source)
        except TimedOut:
            self._end(f"It did not answer within {seconds:g} s and was stopped.")
        except FrameTooLong:
            self.stop()
            raise NeedsHuman(too_long(source, limits), code="too_large") from None
        except ConnectionClosed:
            self._end(self._last_words(limits))
        except (BrokenFrame, KeyError, TypeError, ValueError):
            self.end_garbled()

    def _await_start(self) -> None:
        """Its first word; how long a process takes to start on a busy machine is not its fault."""
        if not self._started:
            self._channel.hear(seconds=_START_SECONDS, longest=100)
            self._started = True

    def _heard(self, said: dict[str, Any], source: str, limits: Limits) -> Any:
        """The answer in a message, or the failure in it, raised."""
        if "said" in said:
            return said["said"]
        if "memory" in said:
            self._end(_too_much_memory(limits))
        raise _failure(said, source, limits)

    def _tell(self, line: dict[str, Any], source: str) -> None:
        """That the adapter logged something; what it wrote stays there, for it may be anything."""
        self._lines += 1
        if self._lines > _LOG_LINES:
            raise BrokenFrame
        short = {name: str(line[name])[:120] for name in ("logger", "where")}
        log.warning("adapter.log", source=source, kind=str(line["level"])[:20], **short)

    def _watch(self, limits: Limits) -> None:
        if self.memory() > limits.memory_mb * MIB:
            self._end(_too_much_memory(limits))

    def memory(self) -> int:
        """Bytes of memory it uses now; 0 where the system does not tell."""
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE
        return 0

    def _last_words(self, limits: Limits) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        status = self._process.returncode
        if status is None:
            return "Its process fell silent and was stopped."
        if status == -signal.SIGXCPU:
            seconds = limits.processor_seconds
            return f"It used more than {seconds} s of processor time and was stopped."
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        return f"Its process ended {how}."

    def end_garbled(self) -> NoReturn:
        """It said what no adapter says; nothing more is believed."""
        self._end("It answered what cannot be read and was stopped.")

    def _end(self, reason: str) -> NoReturn:
        self.stop()
        raise ProcessStopped(reason) from None

    def stop(self) -> None:
        """Ends it and whatever it started, at once."""
        if self._lifeline < 0:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Lets go of our ends, as a forked process must that it does not belong to."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
            self._channel.close()
            self._process.returncode = self._process.returncode or 0


def _failure(said: dict[str, Any], source: str, limits: Limits) -> Exception:
    """The failure in a message; KeyError, TypeError or ValueError where it is none."""
    if "later" in said:
        reason, code, params = wire.to_failure(said["later"])
        wait, mark = float(said["later"]["wait"]), said["later"]["checkpoint"]
        return Later(reason, wait, None if mark is None else str(mark), code=code, **params)
    if "needs_human" in said:
        reason, code, params = wire.to_failure(said["needs_human"])
        return NeedsHuman(reason, code=code, **params)
    if "too_long" in said:
        return NeedsHuman(too_long(source, limits), code="too_large")
    if "fault" in said:
        collection, _field, wrong = map(str, said["fault"])
        told = f"A record of {collection[:120]} {wrong[:200]}. Mend the adapter."
        return NeedsHuman(told, code="unreadable")
    name = "".join(sign for sign in said["error"][:60] if sign.isalnum() or sign == "_")
    where = "".join(sign for sign in said["where"][:300] if sign.isalnum() or sign in "_.-:< ")
    log.warning("adapter.failed", source=source, error=name, where=where)
    kind = ProcessStopped if said.get("passing") is True else Defect
    return kind(f"It failed with {name}; an operator finds it in the log.")


def _too_much_memory(limits: Limits) -> str:
    return f"It used more than {limits.memory_mb} MB and was stopped."


def too_long(source: str, limits: Limits) -> str:
    """What is said where a page is longer than may be taken."""
    size = f"It gave more than {limits.page_mb} MB at once"
    return f"{size}. Make its pages smaller, or raise page_mb in [{source}.limits]."


class Nursery:
    """The idle children of this process, by what they serve."""

    def __init__(self, make: Callable[[], Child] = Child) -> None:
        self._make = make
        self._idle: list[tuple[str, Child]] = []
        self._lock = threading.Lock()

    def take(self, key: str, *, fresh: bool = False) -> Child:
        """A child for this key: an idle one, if there is one and none fresh is wanted."""
        with self._lock:
            gone = [child for _, child in self._idle if not child.alive]
            self._idle = [(of, child) for of, child in self._idle if child.alive]
            at = next((n for n, (of, _) in enumerate(self._idle) if of == key), None)
            kept = None if fresh or at is None else self._idle.pop(at)[1]
        for child in gone:
            child.stop()
        found = kept or self._make()
        found.uses += 1
        return found

    def give_back(self, key: str, child: Child, limits: Limits) -> None:
        """A child whose adapter is closed; kept unless it is old or has grown."""
        grown = child.memory() > limits.memory_mb * MIB // 2
        with self._lock:
            if child.alive and child.uses < _MOST_USES and not grown:
                self._idle.append((key, child))
            surplus = [self._idle.pop(0)[1]] if len(self._idle) > _IDLE_AT_ONCE else []
            kept = any(one is child for _, one in self._idle)
        for one in surplus if kept else [*surplus, child]:
            one.stop()

    def empty(self) -> None:
        """Ends every idle child."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, child in idle:
            child.stop()

    def forget(self) -> None:
        """In a forked process: these are the parent's."""
        self._lock = threading.Lock()
        for _, child in self._idle:
            child.forget()
        self._idle = []


NURSERY = Nursery()
atexit.register(NURSERY.empty)
os.register_at_fork(after_in_child=NURSERY.forget)
