"""Companies for the tests of services, each on SQLite and on PostgreSQL; some with a scripted
helpdesk beside the shop and the mailing list."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from tests.company import BY_HAND, Company, company
from tests.conftest import BOTH
from tests.scripted import Script
from tests.servers import PostgresServer

Make = Callable[..., Company]


@pytest.fixture(scope="session")
def one_postgres(postgres_server: PostgresServer, postgres_tables: str) -> Iterator[str]:
    """One PostgreSQL database for all tests here: emptying it is quicker than a copy each."""
    with postgres_server.database(template=postgres_tables) as url:
        yield url


@pytest.fixture
def emptied_url(one_postgres: str) -> str:
    """A PostgreSQL database with all tables and no rows."""
    engine = sa.create_engine(one_postgres)
    names = ", ".join(f'"{name}"' for name in SQLModel.metadata.tables)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} CASCADE")
    engine.dispose()
    return one_postgres


@pytest.fixture
def copied_url(sqlite_tables: Path, tmp_path: Path) -> str:
    """A SQLite database with all tables and no rows."""
    return f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'dsar.sqlite')}"


@pytest.fixture(params=BOTH)
def engine_url(request: pytest.FixtureRequest) -> str:
    """The engine's own database, once on SQLite and once on PostgreSQL."""
    wanted = "copied_url" if request.param == "sqlite" else "emptied_url"
    return str(request.getfixturevalue(wanted))


@pytest.fixture
def small(tmp_path: Path, copied_url: str) -> Iterator[Company]:
    """The small company on SQLite; staff approves and releases by hand."""
    with company(tmp_path, copied_url) as made:
        yield made


@pytest.fixture
def either(tmp_path: Path, engine_url: str) -> Iterator[Company]:
    """The small company, once on SQLite and once on PostgreSQL."""
    with company(tmp_path, engine_url) as made:
        yield made


@pytest.fixture
def desk() -> Script:
    """What the helpdesk holds; a test fills it and says how it behaves."""
    return Script()


@pytest.fixture
def make(tmp_path: Path, copied_url: str, desk: Script) -> Iterator[Make]:
    """Makes the company with the helpdesk as a source of a given class."""
    with ExitStack() as stack:

        def made(
            kind: str = "Scripted", *, review: str = BY_HAND, url: str = copied_url
        ) -> Company:
            return stack.enter_context(
                company(
                    tmp_path, url, review=review, scripts={"desk": desk}, adapters={"desk": kind}
                )
            )

        yield made
