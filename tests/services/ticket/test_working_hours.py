"""A source is worked on in its hours; a deadline that is near outranks them, and the journal says so."""

import time

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.ticket.deferral import OwnWait
from dsar.services.ticket.run_task import Run
from dsar.services.ticket.working_hours import OUTRANKED
from dsar.store.tables import Task
from dsar.store.upkeep_tables import Gate
from tests.company import Company
from tests.scripted import Script, case
from tests.services.conftest import Make

#: The tests begin on Monday, 2 March 2026, at 10:00 in Stockholm.
NIGHT = 'allowed_hours = "22:00-06:00"'


def closed(make: Make, desk: Script, hours: str = NIGHT) -> Company:
    """A helpdesk that is worked on at night only."""
    desk.records = [case("1"), case("2")]
    one = make()
    path = one.folder / "sources.toml"
    path.write_text(path.read_text().replace("[desk]", f"[desk]\n{hours}"))
    one.reopen()
    return one


@pytest.mark.parametrize("hours", [NIGHT, 'quiet_hours = "06:00-22:00"'])
def test_outside_its_hours_a_source_is_left_alone_and_the_ticket_says_until_when(
    make: Make, desk: Script, hours: str
) -> None:
    one = closed(make, desk, hours)
    ref = one.ask(Right.ACCESS)
    one.work()
    assert desk.calls == []
    assert one.state(ref) == "collecting"
    told = "desk: The hours of desk begin at 2026-03-02 22:00; until then it is left alone."
    assert told in one.view(ref)["next"]
    assert [row.open_until for row in one.rows(Gate) if row.source == "desk"] in ([], [None])
    one.clock.turn(hours=12, minutes=1)
    one.work()
    assert one.state(ref) == "in_review"
    assert OUTRANKED not in one.events(ref)


def test_an_erasure_waits_for_its_hours_as_the_search_did(make: Make, desk: Script) -> None:
    one = closed(make, desk)
    ref = one.ask(Right.ERASURE)
    one.clock.turn(hours=13)
    one.work()
    one.clock.turn(hours=12)
    one.act(ref, Event.APPROVE)
    one.work()
    assert (one.state(ref), len(desk.records)) == ("acting", 2)
    one.clock.turn(hours=12)
    one.work()
    assert (one.state(ref), desk.records) == ("assembling", [])


def test_a_deadline_outranks_the_hours_and_the_journal_warns_once(make: Make, desk: Script) -> None:
    one = closed(make, desk)
    ref = one.file(Right.ACCESS)
    one.clock.turn(days=31)
    one.confirm(ref)
    one.work()
    assert one.state(f"{ref}-1") == "in_review"
    assert one.events(f"{ref}-1").count(OUTRANKED) == 1


def test_what_the_law_wants_at_once_does_not_wait(make: Make, desk: Script) -> None:
    """An objection is acted on at once (Art. 18(1)(d), 21(3)), whatever day it is due."""
    one = closed(make, desk)
    ref = one.ask(Right.OBJECTION, purposes=("newsletter",))
    one.work()
    assert one.state(ref) != "collecting"
    assert OUTRANKED in one.events(ref)


def test_what_is_restricted_at_once_waits_for_no_hours(make: Make, desk: Script) -> None:
    one = closed(make, desk)
    one.ask(Right.RECTIFICATION, corrections={"desk.cases.topic": "Logout"})
    one.clock.turn(hours=13)
    desk.finding = lambda _script, _checkpoint: one.clock.turn(hours=8)  # the search ends by day
    one.work()
    assert "restrict" in desk.calls
    [task] = [row for row in one.rows(Task) if row.kind == "restrict_now" and row.source == "desk"]
    assert task.state == "done"


def test_hours_that_end_while_a_task_is_at_work_stop_it_at_the_next_page() -> None:
    run = Run(None, None, ())  # type: ignore[arg-type]
    run.check()
    run.until = time.monotonic() + 60
    run.check()
    run.until = time.monotonic()
    with pytest.raises(OwnWait, match="hours_over"):
        run.check()
