"""A ticket that should have moved on by itself and has not is found, moved on, and counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.rights import Right
from dsar.services.desk import identity, intake
from dsar.services.runtime.actor import staff
from dsar.services.runtime.installation import Installation, transaction
from dsar.services.upkeep.repair import repair_joins
from dsar.store.counts import counted
from tests.faults import shelves
from tests.workers.installations import new_installation

ANA = staff("ana")


@pytest.fixture
def installation(tables_url: str, tmp_path: Path) -> Iterator[Installation]:
    made = new_installation(tables_url, tmp_path)
    world = shelves.World()
    made.sources, made.policy = shelves.sources(world), shelves.policy()
    with transaction(made) as session:
        application = intake.Application((Right.ACCESS,), (("email", shelves.EMAIL),))
        request = intake.file(session, ANA, application)
        identity.confirm(session, ANA, request, reason="seen")
    yield made
    made.store.close()


def sql(installation: Installation, statement: str) -> None:
    with transaction(installation) as session:
        session.connection().exec_driver_sql(statement)


def repairs(installation: Installation) -> int:
    with installation.store.reading() as session:
        return counted(session)["join_repairs"]


def test_while_work_is_coming_there_is_nothing_to_repair(installation: Installation) -> None:
    assert repair_joins(installation) == 0
    assert repairs(installation) == 0


def test_a_join_that_was_missed_is_made_up_for_once(installation: Installation) -> None:
    sql(installation, "UPDATE task SET state = 'done' WHERE kind = 'search'")
    assert repair_joins(installation) == 1
    assert repair_joins(installation) == 0
    assert repairs(installation) == 1
