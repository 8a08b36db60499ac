"""Real servers for tests: each on a free loopback port, with its data in a directory of its own.

`with PostgresServer() as server:` starts one; `.kill()` is the power cut (SIGKILL to every process of
it at once), `.restart()` brings it back on the same port with the same data, `.stop()` is the orderly
end. PostgreSQL refuses to run as root, so it is then run as an ordinary user.
"""

import contextlib
import functools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import psycopg
import redis

#: Below it stand ports that are somebody's by name, and some that no browser opens.
FIRST_PORT = 20_000
START_SECONDS = 60.0
STOP_SECONDS = 15.0


class ServerMissing(Exception):  # noqa: N818 - a sentence, as everywhere here
    """A program the tests need is not installed; scripts/setup installs it."""


class ServerFailed(Exception):  # noqa: N818
    """A program ended, or did not get ready or did not stop in time; carries the end of its log."""


def find_program(name: str) -> str:
    """The program's path, also where Debian keeps PostgreSQL's own, newest version first, and servers."""
    homes = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(homes, key=lambda home: int(home.parent.name), reverse=True)
    places = [*map(str, newest_first), os.environ["PATH"], "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise ServerMissing(f"{name} is not installed: run scripts/setup")
    return found


def free_port() -> int:
    """A port nobody has, below those that outgoing connections are given.

    One of theirs could be taken while a server is down: a connection keeps its port for a minute
    after its end, and whoever is started again on it finds it in use.
    """
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", secrets.choice(_ports())))
            return int(probe.getsockname()[1])


@functools.cache
def _ports() -> Sequence[int]:
    """Those to choose from; any (0) where outgoing connections may be given every one."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(given.read_text().split()[0]) if given.exists() else 0
    return range(FIRST_PORT, lowest) or (0,)


def ordinary_user() -> str | None:
    """Whom to run as what refuses root; None when we are not root anyway."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def wait_until(holds: Callable[[], object], *, seconds: float, what: str) -> None:
    """Return as soon as `holds()` is true; TimeoutError naming `what` after `seconds`."""
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            raise TimeoutError(f"{what} did not happen within {seconds:g} seconds")
        time.sleep(0.02)


class Process:
    """One program with its output in a file; it does not outlive the tests, whatever ends them."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.command = list(command)
        self.log = log
        setpriv = shutil.which("setpriv")
        follow_us = [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [*follow_us, *self.command],
                cwd=log.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_ready(self, ready: Callable[[], object], seconds: float = START_SECONDS) -> None:
        """Return when `ready()` holds; ServerFailed with the log's end when it ends or never does."""

        def ready_or_gone() -> object:
            return self.popen.poll() is not None or ready()

        try:
            wait_until(ready_or_gone, seconds=seconds, what="getting ready")
        except TimeoutError as error:
            raise self._failed(str(error)) from None
        if self.popen.poll() is not None:
            raise self._failed(f"ended with {self.popen.returncode} before it was ready")

    def end(self, how: signal.Signals = signal.SIGTERM, seconds: float = STOP_SECONDS) -> int:
        """Ask it to end and return its exit code; ServerFailed when it does not."""
        self.popen.send_signal(how)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise self._failed(f"had not ended {seconds:g} seconds after {how.name}") from None

    def kill(self) -> None:
        """SIGKILL to it and to its children, which PostgreSQL puts into groups of their own."""
        children = _children(self.popen.pid)
        self.popen.kill()
        self.popen.wait()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        wait_until(
            lambda: not any(Path(f"/proc/{child}").exists() for child in children),
            seconds=STOP_SECONDS,
            what=f"the end of the children of {self.command[0]}",
        )

    def _failed(self, what: str) -> ServerFailed:
        return ServerFailed(f"{' '.join(self.command)} {what}:\n{self.output()[-4000:]}")


def _children(parent: int) -> list[int]:
    listing = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


class Server(ABC):
    """What the servers share: a directory, a port that stays the same, start, kill, restart, stop."""

    user: str | None = None
    #: How it is asked to end; to PostgreSQL this says: end sessions, write a checkpoint.
    ends_by = signal.SIGINT

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=f"dsar-{type(self).__name__.lower()}-"))
        self.log = self.directory / "server.log"
        if self.user:
            shutil.chown(self.directory, self.user, pwd.getpwnam(self.user).pw_gid)
        self.port = free_port()
        self.process: Process | None = None

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    def start(self) -> None:
        self.process = Process(self.command(), log=self.log, user=self.user)
        self.process.wait_ready(self.answers)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process = None

    def stop(self) -> None:
        if self.process:
            self.process.end(self.ends_by)
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._clean_up()

    def _clean_up(self) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self.directory)


class PostgresServer(Server):
    """PostgreSQL with the user `dsar`, trusted on the loopback.

    fsync is off: it guards against the loss of the whole machine, which a test cannot stage; a
    commit survives `.kill()` without it, because synchronous_commit stays on. `durable=True` turns
    everything on, for benchmarks.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        self.initdb = find_program("initdb")
        self.user = ordinary_user()
        super().__init__()

    def command(self) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.directory,
            "max_connections": 100,
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "log_min_messages": "warning",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [find_program("postgres"), "-D", str(self.directory / "data"), *options]

    def start(self) -> None:
        if not (self.directory / "data").exists():
            self._initialise()
        super().start()

    def answers(self) -> bool:
        try:
            self._administer("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database on this server."""
        return f"postgresql+psycopg://dsar@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database(self, *, template: str = "template0", encoding: str = "UTF8") -> Iterator[str]:
        """A new database for the length of the block, copied from `template`: its SQLAlchemy URL."""
        name = f"t_{uuid.uuid4().hex}"
        self._administer(f"CREATE DATABASE {name} TEMPLATE \"{template}\" ENCODING '{encoding}'")
        try:
            yield self.url(name)
        finally:
            if self.process:  # a test may have ended the server
                self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        address = f"host=127.0.0.1 port={self.port} user=dsar dbname=postgres connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _initialise(self) -> None:
        options = ["--username=dsar", "--auth=trust", "--no-locale", "--encoding=UTF8", "--no-sync"]
        command = [self.initdb, *options, "-D", str(self.directory / "data")]
        initdb = Process(command, log=self.log, user=self.user)
        if initdb.popen.wait(START_SECONDS) != 0:
            raise ServerFailed(f"initdb failed:\n{initdb.output()[-4000:]}")


class RedisServer(Server):
    """Redis as it is configured in production, but forgetting: `.kill()` and `.restart()` empty it."""

    def command(self) -> list[str]:
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.directory),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return [find_program("redis-server"), *options]

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url())
