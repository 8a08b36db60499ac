"""Writers to SQLite take turns in a process, and whoever breaks off gives the turn on."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dsar.store.engine import Store
from tests.servers import PostgresServer


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path / 'dsar.sqlite'}")
    with made.session() as session:
        session.connection().execute(text("CREATE TABLE line (number INTEGER)"))
        session.commit()
    yield made
    made.close()


def write(store: Store, number: int) -> None:
    with store.session() as session:
        session.connection().execute(text("INSERT INTO line VALUES (:n)"), {"n": number})
        session.commit()


def count(store: Store) -> int:
    with store.reading() as session:
        return int(session.connection().scalar(text("SELECT count(*) FROM line")) or 0)


def test_many_threads_write_and_none_is_refused(store: Store) -> None:
    def work() -> None:
        for number in range(50):
            write(store, number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert count(store) == 400


def test_a_writer_that_fails_gives_its_turn_on(store: Store) -> None:
    with pytest.raises(OperationalError), store.session() as session:
        session.connection().execute(text("INSERT INTO nowhere VALUES (1)"))
    with store.session() as session:
        session.connection().execute(text("INSERT INTO line VALUES (1)"))  # and never commits
    write(store, 2)
    assert count(store) == 1


def test_reading_waits_for_no_writer(store: Store) -> None:
    with store.session() as session:
        session.connection().execute(text("INSERT INTO line VALUES (1)"))
        found: list[int] = []
        reader = threading.Thread(target=lambda: found.append(count(store)))
        reader.start()
        reader.join(10)
        assert found == [0]
        session.commit()


def test_after_a_commit_the_same_session_takes_a_new_turn(store: Store) -> None:
    with store.session() as session:
        session.connection().execute(text("INSERT INTO line VALUES (1)"))
        session.commit()
        other = threading.Thread(target=write, args=(store, 2))
        other.start()
        other.join(10)
        assert not other.is_alive()
        session.connection().execute(text("INSERT INTO line VALUES (3)"))
        session.commit()
    assert count(store) == 3


def test_a_connection_that_begins_again_has_its_turn_already(store: Store) -> None:
    """As each migration does behind the one before it."""
    began = time.monotonic()
    with store.engine.connect() as connection:
        for number in (1, 2):
            with connection.begin():
                connection.execute(text("INSERT INTO line VALUES (:n)"), {"n": number})
    write(store, 3)
    assert count(store) == 3
    assert time.monotonic() - began < 5


@pytest.mark.postgres
def test_after_the_server_came_back_a_connection_that_rested_is_made_anew() -> None:
    with PostgresServer() as server, server.database() as url:
        store = Store(url)
        assert one(store) == 1
        server.restart()
        time.sleep(1.1)
        assert one(store) == 1
        server.restart()
        with pytest.raises(OperationalError):
            one(store)  # it was used within the second: a loss like any in mid-work
        assert one(store) == 1
        store.close()


def one(store: Store) -> int:
    with store.reading() as session:
        return int(session.connection().scalar(text("SELECT 1")) or 0)
