"""`dsar doctor` says in one line what is wrong and what mends it, and nothing where all is well."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dsar.domain.reasons import told
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.upkeep.doctor import CHECKS, examine
from dsar.store import processes, tasks
from dsar.store.counts import count
from tests.servers import RedisServer
from tests.store.rows import DUE, add_task, claimed, new_ticket
from tests.workers.installations import new_installation


@pytest.fixture
def installation(tables_url: str, tmp_path: Path) -> Iterator[Installation]:
    made = new_installation(tables_url, tmp_path)
    with transaction(made) as session:
        for kind in ("worker", "scheduler"):
            processes.beat(session, made.store, process=kind, kind=kind)
    yield made
    made.store.close()


def wrong(installation: Installation) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in examine(installation):
        if not finding.well:
            found.setdefault(finding.check, []).append(finding.words)
    return found


def test_a_healthy_house_has_one_good_line_for_each_check(installation: Installation) -> None:
    findings = list(examine(installation))
    assert [finding.check for finding in findings] == list(CHECKS)
    assert wrong(installation) == {}
    assert all(finding.words.endswith(".") for finding in findings)


def test_nobody_working_is_named_with_the_command_that_mends_it(installation: Installation) -> None:
    add_task(
        installation.store, new_ticket(installation.store), not_before=datetime.now(UTC), rank=DUE
    )
    with transaction(installation) as session:
        processes.gone(session, process="worker")
    assert "Start dsar worker" in wrong(installation)["processes"][0]


def test_all_in_one_needs_no_other_process(installation: Installation) -> None:
    with transaction(installation) as session:
        for kind in ("worker", "scheduler"):
            processes.gone(session, process=kind)
        processes.beat(session, installation.store, process="serve", kind="embedded")
    assert "processes" not in wrong(installation)


def test_a_small_house_needs_no_process_while_nothing_waits(installation: Installation) -> None:
    with transaction(installation) as session:
        for kind in ("worker", "scheduler"):
            processes.gone(session, process=kind)
    assert set(wrong(installation)) == (set() if installation.store.sqlite else {"processes"})


def test_an_empty_database_names_the_command_that_fills_it(tmp_path: Path) -> None:
    installation = new_installation(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path)
    assert "dsar db upgrade" in wrong(installation)["database"][0]
    installation.store.close()


def test_stuck_tasks_and_repaired_joins_are_shown(installation: Installation) -> None:
    add_task(installation.store, new_ticket(installation.store))
    lease = claimed(installation.store)
    with transaction(installation) as session:
        tasks.park(session, installation.store, lease, reason=told("Nobody can."))
        count(session, installation.store, "join_repairs")
    assert wrong(installation)["work"] == [
        "1 tasks are parked; see dsar ticket list.",
        "1 joins that the sweep had to make up for; must stay at 0.",
    ]


def test_work_that_nobody_claims_is_shown(installation: Installation) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=11)
    add_task(installation.store, new_ticket(installation.store), not_before=long_ago, rank=DUE)
    assert "ready for 11 minutes" in wrong(installation)["work"][0]


def test_a_broken_journal_names_the_ticket_and_other_checks_go_on(
    installation: Installation,
) -> None:
    new_ticket(installation.store, 7)
    with transaction(installation) as session:
        session.connection().exec_driver_sql(
            "UPDATE ticket SET journal_seq = 3, journal_head = 'changed'"
        )
    found = wrong(installation)
    assert found["journal"][0].startswith("R-7-A")
    assert set(found) == {"journal"}


def test_a_storage_that_cannot_be_written_is_named(installation: Installation) -> None:
    folder = installation.settings.at(installation.settings.storage)
    folder.rmdir() if folder.exists() else None
    folder.write_text("a file where the folder should be")
    assert wrong(installation)["storage"][0].startswith("storage:")


def test_clocks_that_differ_are_named(tmp_path: Path, sqlite_tables: Path) -> None:
    copy = tmp_path / "dsar.sqlite"
    with sqlite3.connect(sqlite_tables) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    installation = new_installation(f"sqlite:///{copy}", tmp_path)
    installation.store.clock = lambda: datetime.now(UTC) - timedelta(seconds=90)
    assert "differ by 90 s" in wrong(installation)["clock"][0]
    installation.store.close()


@pytest.mark.redis
def test_redis_settings_that_matter_are_named(sqlite_tables: Path, tmp_path: Path) -> None:
    copy = tmp_path / "dsar.sqlite"
    copy.write_bytes(sqlite_tables.read_bytes())
    with RedisServer() as server, server.client() as client:
        installation = new_installation(f"sqlite:///{copy}", tmp_path, redis=server.url())
        assert "redis" not in wrong(installation)
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert "noeviction" in wrong(installation)["redis"][0]
        client.config_set("requirepass", "secret")
        assert "redis_url" in wrong(installation)["redis"][0]
        client.config_set("requirepass", "")
        server.kill()
        assert "does not answer" in wrong(installation)["redis"][0]
        installation.store.close()


def test_a_check_that_fails_unforeseen_is_a_line_and_not_a_crash(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(_installation: Installation) -> str:
        raise RuntimeError("jane@example.org")

    monkeypatch.setitem(CHECKS, "clock", explode)  # type: ignore[arg-type]
    assert wrong(installation) == {"clock": ["failed with RuntimeError."]}
