"""A server that speaks MongoDB's wire protocol, for tests: NX-27017, which keeps SQLite beneath.

MongoDB's own server is in no package index. What this one cannot hold (decimals, values in lists
found by path) is not tried on it.
"""

import contextlib
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
from pymongo.database import Database
from pymongo.errors import PyMongoError

from tests.servers import Server, ServerMissing, find_program


class MongoServer(Server):
    def __init__(self) -> None:
        beside = shutil.which("nx-27017", path=str(Path(sys.executable).parent))
        try:
            self.program = beside or find_program("nx-27017")
        except ServerMissing:
            raise ServerMissing("nx-27017 is not installed: pip install nx-27017") from None
        super().__init__()

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    def command(self) -> list[str]:
        data = ["--data-dir", str(self.directory / "data")]
        files = ["--log-file", str(self.directory / "nx.log")]
        pid = ["--pid-file", str(self.directory / "nx.pid")]
        return [self.program, *data, *files, *pid, "-j", "OFF", "-p", str(self.port)]

    def answers(self) -> bool:
        client = self._client(500)
        try:
            return bool(client.admin.command("ping"))
        except PyMongoError:
            return False
        finally:
            client.close()

    @contextlib.contextmanager
    def database(self) -> Iterator[Database[Any]]:
        """A new database for the length of the block."""
        client = self._client(5000)
        try:
            yield client[f"t{uuid.uuid4().hex}"]
        finally:
            client.close()

    def _client(self, patience: int) -> pymongo.MongoClient[Any]:
        return pymongo.MongoClient(self.url, serverSelectionTimeoutMS=patience)
