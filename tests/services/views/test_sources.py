"""How a source stands is read from the database alone: its door, and who waits for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.reasons import told
from dsar.domain.rights import Right
from dsar.sdk import NeedsHuman
from dsar.services.runtime.installation import reading, transaction
from dsar.services.ticket.run_task import claim
from dsar.services.views.sources import SourceLoad, SourceStatus, standings
from dsar.store.tasks import gates
from tests.company import BEN, Company, company
from tests.scripted import Script, case
from workers.handlers import QUEUES


@pytest.fixture
def store_room(tmp_path: Path, engine_url: str) -> Iterator[Company]:
    """The company with a store room that somebody must unlock, and an archive that only looks."""

    def locked(_script: Script, _checkpoint: str | None) -> None:
        raise NeedsHuman("Somebody must unlock it.")

    scripts = {"store_room": Script([case("1")], finding=locked), "archive": Script([case("2")])}
    with company(tmp_path, engine_url, scripts=scripts, adapters={"archive": "LooksOnly"}) as one:
        yield one


def stands(one: Company, source: str) -> SourceStatus:
    with reading(one.installation) as session:
        return next(found for found in standings(session, BEN) if found.source.name == source)


def test_open_tickets_that_wait_are_counted_once_and_those_for_a_person_named(
    store_room: Company,
) -> None:
    one = store_room
    one.ask(Right.ACCESS)
    one.work()
    one.ask(Right.ACCESS)
    assert stands(one, "store_room").waiting == SourceLoad(tickets=2, stuck=1)
    assert stands(one, "shop").waiting == SourceLoad(tickets=1)
    one.work()
    assert stands(one, "store_room").waiting == SourceLoad(tickets=2, stuck=2)


def test_a_ticket_that_ended_waits_for_nobody(store_room: Company) -> None:
    ref = store_room.ask(Right.ACCESS)
    store_room.work()
    store_room.act(ref, Event.WITHDRAW)
    assert stands(store_room, "store_room").waiting == SourceLoad()


def test_what_is_being_done_is_at_work(store_room: Company) -> None:
    store_room.ask(Right.ACCESS)
    assert stands(store_room, "shop").waiting.at_work == 0
    for _ in store_room.installation.sources:
        assert claim(
            store_room.installation, queue="work", kinds=tuple(QUEUES["work"]), owner="here"
        )
    assert stands(store_room, "shop").waiting.at_work == 1


def test_a_source_that_asked_to_be_left_in_peace_says_until_when_and_since(
    store_room: Company,
) -> None:
    installation, now = store_room.installation, store_room.clock.now
    until = now + timedelta(hours=1)
    with transaction(installation) as session:
        gates.close(session, installation.store, "shop", until=until, reason=told("Busy."))
    door = stands(store_room, "shop").door
    assert (door.until, door.since, door.reason) == (until, now, "Busy.")
    store_room.clock.turn(hours=2)
    door = stands(store_room, "shop").door
    assert (door.until, door.since) == (None, now)  # open again, and it has not answered yet


def test_a_source_that_fails_is_tried_by_one_task_at_a_time(store_room: Company) -> None:
    installation = store_room.installation
    assert stands(store_room, "shop").at_once == 2
    with transaction(installation) as session:
        gates.configure(session, installation.store, "shop")
        for _ in range(gates.BREAKER_FAILURES):
            gates.failed(session, installation.store, "shop", reason=told("It broke off."))
    found = stands(store_room, "shop")
    assert (found.at_once, found.door.failures) == (1, gates.BREAKER_FAILURES)
    assert found.door.until is not None


def test_what_a_kind_of_system_cannot_do_is_known_without_asking_it(store_room: Company) -> None:
    assert stands(store_room, "archive").verbs == frozenset()
    assert stands(store_room, "shop").verbs >= {"erase", "rectify", "restrict", "object_to"}


def test_settings_of_a_file_that_was_changed_since_are_not_shown(store_room: Company) -> None:
    assert stands(store_room, "shop").settings
    file = store_room.folder / "sources.toml"
    file.write_text(file.read_text() + "# changed\n")
    assert stands(store_room, "shop").settings is None
