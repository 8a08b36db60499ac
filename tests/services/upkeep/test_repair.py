"""A ticket that should have moved on by itself and has not is found, moved on, and counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.rights import Right
from dsar.services import identity, intake
from dsar.services.actor import staff
from dsar.services.house import House, unit
from dsar.services.upkeep.repair import repair_joins
from dsar.store.counts import counted
from tests.faults import shelves
from tests.workers.houses import new_house

ANA = staff("ana")


@pytest.fixture
def house(tables_url: str, tmp_path: Path) -> Iterator[House]:
    made = new_house(tables_url, tmp_path)
    world = shelves.World()
    made.sources, made.policy = shelves.sources(world), shelves.policy()
    with unit(made) as session:
        application = intake.Application((Right.ACCESS,), (("email", shelves.EMAIL),))
        request = intake.file(session, ANA, application)
        identity.confirm(session, ANA, request, reason="seen")
    yield made
    made.store.close()


def sql(house: House, statement: str) -> None:
    with unit(house) as session:
        session.connection().exec_driver_sql(statement)


def repairs(house: House) -> int:
    with house.store.reading() as session:
        return counted(session)["join_repairs"]


def test_while_work_is_coming_there_is_nothing_to_repair(house: House) -> None:
    assert repair_joins(house) == 0
    assert repairs(house) == 0


def test_a_join_that_was_missed_is_made_up_for_once(house: House) -> None:
    sql(house, "UPDATE task SET state = 'done' WHERE kind = 'search'")
    assert repair_joins(house) == 1
    assert repair_joins(house) == 0
    assert repairs(house) == 1
