"""Real systems that sources are tried on: databases, and a mail server."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pymongo.database import Database

from tests.adapters.dovecot import Account, Dovecot
from tests.adapters.mongodb import MongoServer
from tests.mariadb import MariadbServer
from tests.servers import ServerMissing


def _absent(missing: Exception) -> NoReturn:
    """On a build server a test that cannot run has failed; at a desk it says why it was left out."""
    if os.environ.get("CI"):
        pytest.fail(str(missing), pytrace=False)
    pytest.skip(str(missing))


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariadbServer]:
    try:
        server = MariadbServer()
    except ServerMissing as missing:
        _absent(missing)
    with server:
        yield server


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One mail server for the whole run. A test that needs another starts its own."""
    try:
        server = Dovecot()
    except ServerMissing as missing:
        _absent(missing)
    with server:
        yield server


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[MongoServer]:
    """One server that speaks MongoDB's protocol for the whole run."""
    try:
        server = MongoServer()
    except ServerMissing as missing:
        _absent(missing)
    with server:
        yield server


@pytest.fixture
def mongo_database(mongo_server: MongoServer) -> Iterator[Database[Any]]:
    """An empty database of this test's own."""
    with mongo_server.database() as made:
        yield made


@pytest.fixture
def account(dovecot: Dovecot) -> Iterator[Account]:
    """An empty mailbox of this test's own."""
    with dovecot.account() as made:
        yield made


@pytest.fixture
def mariadb_url(mariadb_server: MariadbServer) -> Iterator[str]:
    """An empty MariaDB database of this test's own."""
    with mariadb_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres), "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own, on each kind that a SQL source is tested on."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.sqlite'}"
    return str(request.getfixturevalue(f"{request.param}_url"))
