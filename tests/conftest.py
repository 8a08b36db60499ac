"""What every test may ask for: databases and servers that are real and its own.

`tables_url` runs a test twice, on SQLite and on PostgreSQL, each with every table as the migrations
make it; `database_url` is the same without tables. Whatever touches the store asks for one of them.
The servers start once per test process, on free ports, and only when a test asks.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import make_url

from dsar.store import migrate
from dsar.store.engine import Store
from tests.servers import PostgresServer, RedisServer, ServerMissing
from tests.servers_s3 import S3Server

#: How long an example takes tells of the machine, never of a rule.
settings.register_profile("rules", parent=settings(), deadline=None)
settings.load_profile("rules")

#: Chromium must neither ask anybody for anything nor need rights of its own.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _absent(missing: Exception) -> NoReturn:
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


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One S3-compatible server for the whole run: `.endpoint`, `.key`, `.secret`, `.client()`.

    A test that kills it starts its own instead.
    """
    with S3Server() as server:
        yield server


@pytest.fixture
def s3_url(s3_server: S3Server) -> Iterator[str]:
    """An empty bucket of this test's own, as `s3://bucket`."""
    with s3_server.bucket() as name:
        yield f"s3://{name}"


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of this test's own, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'dsar.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=BOTH)
def tables_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of this test's own with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_tables"), tmp_path / "dsar.sqlite")
        return f"sqlite:///{copy}"
    return str(request.getfixturevalue("postgres_tables_url"))


@pytest.fixture
def postgres_tables_url(postgres_server: PostgresServer, postgres_tables: str) -> Iterator[str]:
    """A PostgreSQL database of this test's own with all tables."""
    with postgres_server.database(template=postgres_tables) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file each test's SQLite database is copied from: migrating once is enough."""
    file = tmp_path_factory.mktemp("tables") / "dsar.sqlite"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of the database each test's PostgreSQL database is copied from."""
    with postgres_server.database() as url:
        _migrate(url)
        yield str(make_url(url).database)


def _migrate(url: str) -> None:
    store = Store(url)
    migrate.upgrade(store)
    store.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for a test process: a second Playwright in the same process would refuse."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=program, args=list(CHROMIUM_ARGUMENTS)
            )
        except PlaywrightError as missing:
            _absent(missing)
        yield browser
        browser.close()
