"""A real MariaDB for tests of SQL sources, started as the other servers are."""

import contextlib
import signal
import uuid
from collections.abc import Iterator

import pymysql

from tests.servers import (
    START_SECONDS,
    Process,
    Server,
    ServerFailed,
    find_program,
    ordinary_user,
)


class MariadbServer(Server):
    """MariaDB with the user `root` without a password, on the loopback; durability is off."""

    ends_by = signal.SIGTERM

    def __init__(self) -> None:
        self.program = find_program("mariadbd")
        self.user = ordinary_user()
        super().__init__()

    def command(self) -> list[str]:
        settings = {
            "datadir": self.directory / "data",
            "tmpdir": self.directory,
            "port": self.port,
            "bind-address": "127.0.0.1",
            "socket": self.directory / "socket",
            "innodb-flush-log-at-trx-commit": 0,
            "innodb-fast-shutdown": 2,
            "innodb-buffer-pool-size": "32M",
            "innodb-log-file-size": "16M",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [self.program, "--no-defaults", *options]

    def start(self) -> None:
        if not (self.directory / "data").exists():
            self._initialise()
        super().start()

    def answers(self) -> bool:
        try:
            self.administer("SELECT 1")
        except pymysql.err.OperationalError:
            return False
        return True

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """A new database for the length of the block: its SQLAlchemy URL."""
        name = f"t_{uuid.uuid4().hex}"
        self.administer(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        try:
            yield f"mysql+pymysql://root@127.0.0.1:{self.port}/{name}"
        finally:
            self.administer(f"DROP DATABASE `{name}`")

    def administer(self, statement: str) -> None:
        connection = pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", connect_timeout=5, autocommit=True
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _initialise(self) -> None:
        command = [
            find_program("mariadb-install-db"),
            "--no-defaults",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            f"--datadir={self.directory / 'data'}",
            f"--tmpdir={self.directory}",
            "--innodb-log-file-size=16M",
        ]
        install = Process(command, log=self.log, user=self.user)
        if install.popen.wait(START_SECONDS) != 0:
            raise ServerFailed(f"mariadb-install-db failed:\n{install.output()[-4000:]}")
