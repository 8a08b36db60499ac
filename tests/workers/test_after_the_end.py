"""What follows after a ticket's end, done by real workers: many hands, nothing twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.runtime.installation import transaction
from dsar.services.work import lift_restriction
from dsar.store.tables import Letter
from dsar.store.tickets import by_ref
from tests.company import BEN, EMAIL, Company, company
from tests.scripted import Script, case
from tests.workers.installations import until
from workers.process import Processes


@pytest.fixture
def desk() -> Script:
    return Script(records=[case("1"), case("2")])


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path, desk: Script) -> Iterator[Company]:
    """The company at work: four hands, which ring for each other."""
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    url = f"sqlite:///{tmp_path / 'dsar.sqlite'}"
    with company(tmp_path, url, review="", scripts={"desk": desk}) as made:
        crew = Processes(made.installation, "worker", 4)
        assert crew.start()
        yield made
        crew.stop()


def reaches(one: Company, ref: str, *states: str) -> str:
    until(lambda: one.state(ref) in states)
    return ref


def approve(one: Company, ref: str) -> None:
    """Approves as soon as the policy was applied to what was found."""
    until(
        lambda: any(
            act["event"] == Event.APPROVE and not act["blocked_by"]
            for act in one.view(ref)["possible"]
        )
    )
    one.act(ref, Event.APPROVE)


def test_a_hold_that_falls_sets_the_erasing_going_and_each_source_erases_once(
    one: Company, desk: Script
) -> None:
    with transaction(one.installation) as session:
        placed = holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.").id
    ref = one.ask(Right.ERASURE)
    approve(one, ref)
    reaches(one, ref, "partly_fulfilled")
    assert "erase" not in desk.calls
    with transaction(one.installation) as session:
        (late,) = holds.lift(session, placed, "ben").resumed
    approve(one, late)
    reaches(one, late, "partly_fulfilled")  # an invoice stays, by tax law
    assert desk.calls.count("erase") == 1
    assert (desk.records, EMAIL in one.subscribers()) == ([], False)
    told = [row.kind for row in one.rows(Letter)]
    assert told.count("partly_delivered") == 2


def test_a_restriction_is_lifted_by_every_source_only_after_the_person_was_told(
    one: Company, desk: Script
) -> None:
    ref = reaches(one, one.ask(Right.RESTRICTION), "fulfilled")
    with transaction(one.installation) as session:
        ticket = by_ref(session, ref)
        assert lift_restriction.announce(session, BEN, ticket, reason="It was checked.") == [
            "desk",
            "mailing",
            "shop",
        ]
    assert "lift" not in desk.calls
    with transaction(one.installation) as session:
        lift_restriction.told(session, BEN, by_ref(session, ref))
    until(lambda: "restriction_lifted" in one.events(ref))
    assert desk.calls.count("lift") == 1
    assert one.shop("SELECT count(*) FROM customers WHERE restricted = 1") == 0
    assert ",yes,yes" not in one.subscribers()
    assert one.events(ref).count("source_lifted") == 3
