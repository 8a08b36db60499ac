"""What every test may ask for: databases and servers that are real and its own.

`database_url` runs a test twice, on SQLite and on PostgreSQL; whatever touches the store asks for it.
The servers start once per test process, on free ports, and only when a test asks.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers import PostgresServer, RedisServer, ServerMissing


def _absent(missing: ServerMissing) -> NoReturn:
    """On a build server a test that cannot run has failed; at a desk it says why it was left out."""
    if os.environ.get("CI"):
        pytest.fail(str(missing), pytrace=False)
    pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run. A test that kills it starts its own instead."""
    try:
        server = PostgresServer()
    except ServerMissing as missing:
        _absent(missing)
    with server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis for the whole run. A test that kills it starts its own instead."""
    try:
        server = RedisServer()
    except ServerMissing as missing:
        _absent(missing)
    with server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own, as SQLAlchemy URL."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'dsar.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))
