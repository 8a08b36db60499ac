"""The servers the other tests stand on do what those tests believe."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, text

from dsar.store import migrate
from dsar.store.engine import Store
from tests.servers import PostgresServer, Process, RedisServer, ServerFailed, free_port


def rows(url: str) -> list[int]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.scalars(text("SELECT n FROM kept ORDER BY n")))
    finally:
        engine.dispose()


def write(url: str, *numbers: int) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS kept (n integer)"))
        for number in numbers:
            connection.execute(text("INSERT INTO kept VALUES (:n)"), {"n": number})
    engine.dispose()


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def doorbell() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


def test_each_test_gets_an_empty_database_of_its_own(database_url: str) -> None:
    write(database_url, 1, 2)
    assert rows(database_url) == [1, 2]


def test_each_test_gets_tables_of_its_own(tables_url: str) -> None:
    store = Store(tables_url)
    migrate.check(store)
    store.close()
    write(tables_url, 1)
    assert rows(tables_url) == [1]


def test_two_databases_of_one_server_do_not_see_each_other(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as one, postgres_server.database() as other:
        write(one, 1)
        write(other, 2)
        assert (rows(one), rows(other)) == ([1], [2])


@pytest.mark.postgres
def test_what_was_committed_survives_the_power_cut(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        write(url, 1, 2, 3)
        postgres.kill()
        postgres.restart()
        assert rows(url) == [1, 2, 3]


@pytest.mark.redis
def test_the_doorbell_forgets_when_it_is_killed(doorbell: RedisServer) -> None:
    with doorbell.client() as client:
        client.set("a", "b")
    doorbell.kill()
    with doorbell.client() as client, pytest.raises(redis.ConnectionError):
        client.ping()
    doorbell.restart()
    with doorbell.client() as client:
        assert client.get("a") is None


@pytest.mark.redis
def test_each_test_gets_an_empty_doorbell(redis_server: RedisServer, redis_url: str) -> None:
    with redis_server.client() as client:
        assert client.dbsize() == 0
        client.set("left", "over")


def test_a_program_that_ends_too_early_is_named_with_its_last_words(tmp_path) -> None:
    process = Process(["sh", "-c", "echo no such thing; exit 3"], log=tmp_path / "log")
    with pytest.raises(ServerFailed, match=r"(?s)ended with 3 before it was ready.*no such thing"):
        process.wait_ready(lambda: False)


def test_the_port_of_a_server_that_is_down_is_given_to_no_connection() -> None:
    """Else it could not be started again: a connection keeps its port for a minute after its end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with socket.create_connection(listening.getsockname()) as connection:
            given = connection.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            socket.create_server(("127.0.0.1", given))
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(free_port() < lowest for _ in range(100))
