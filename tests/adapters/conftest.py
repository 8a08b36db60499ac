"""Databases that SQL sources are tried on: the two that also carry the engine, and MariaDB."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mariadb import MariadbServer
from tests.servers import ServerMissing


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariadbServer]:
    try:
        server = MariadbServer()
    except ServerMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    with server:
        yield server


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
