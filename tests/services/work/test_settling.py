"""A source that shows its changes late is looked at again by itself until its time is over."""

from collections.abc import Sequence

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import Batch, Done, Receipt
from dsar.store.tables import Task
from dsar.store.upkeep_tables import Gate
from tests.company import Company
from tests.scripted import Script
from tests.services.conftest import Make
from tests.services.work.approved import CASES, approved


def late(_script: Script, _verb: str, batch: Batch) -> Sequence[Receipt]:
    """It says that it is done; its search index does not know yet."""
    return [Receipt(batch.collection, item.key, Done.ERASED) for item in batch.items]


def settling(make: Make, desk: Script, settle: str = '"10m"') -> tuple[Company, str]:
    desk.records, desk.acting = list(CASES), late
    one = make()
    path = one.folder / "sources.toml"
    path.write_text(path.read_text().replace("[desk]", f"[desk]\nsettle = {settle}"))
    one.reopen()
    return one, approved(one)


def test_what_is_still_there_is_looked_at_again_until_it_is_gone(make: Make, desk: Script) -> None:
    one, ref = settling(make, desk)
    one.work()
    assert one.state(ref) == "checking"
    told = "desk: The source needs up to 10 minutes to show its changes; it is looked at again at "
    assert f"{told}2026-03-02 10:01:40." in one.view(ref)["next"]
    assert one.line(ref, "desk")["residue"] == 0
    one.clock.turn(minutes=2)
    one.work()
    assert one.state(ref) == "checking"
    desk.records = []
    one.clock.turn(minutes=2)
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["outcome"], line["residue"]) == ("assembling", "acted", 0)


def test_once_its_time_is_over_what_is_left_is_left(make: Make, desk: Script) -> None:
    one, ref = settling(make, desk)
    for _ in range(12):
        one.work()
        one.clock.turn(minutes=1)
    assert one.state(ref) == "action_failed"
    assert one.line(ref, "desk")["residue"] == 3
    desk.acting = None
    one.act(ref, Event.RETRY)
    one.work()
    assert one.state(ref) == "assembling"


def test_acting_once_more_is_given_its_time_anew(make: Make, desk: Script) -> None:
    one, ref = settling(make, desk)
    for _ in range(12):
        one.work()
        one.clock.turn(minutes=1)
    one.act(ref, Event.RETRY)
    one.work()
    assert one.state(ref) == "checking"


def test_nobody_else_waits_for_a_source_that_settles(make: Make, desk: Script) -> None:
    one, ref = settling(make, desk)
    for _ in range(8):
        one.work()
        one.clock.turn(minutes=1)
    assert one.state(ref) == "checking"
    assert [row.open_until for row in one.rows(Gate) if row.source == "desk"] in ([], [None])
    [task] = [row for row in one.rows(Task) if (row.kind, row.source) == ("look_again", "desk")]
    assert (task.attempts, task.stalled_since) == (0, None)


def test_without_a_settling_time_residue_is_said_at_once(make: Make, desk: Script) -> None:
    one, ref = settling(make, desk, "0")
    one.work()
    assert one.state(ref) == "action_failed"


def test_a_correction_that_shows_late_is_waited_for_too(make: Make, desk: Script) -> None:
    def corrected(_script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        done = {"rectify": Done.RECTIFIED, "restrict": Done.RESTRICTED}[verb]
        return [Receipt(batch.collection, item.key, done) for item in batch.items]

    desk.records, desk.acting = list(CASES), corrected
    one = make()
    path = one.folder / "sources.toml"
    path.write_text(path.read_text().replace("[desk]", '[desk]\nsettle = "10m"'))
    one.reopen()
    ref = approved(one, Right.RECTIFICATION, corrections={"desk.cases.topic": "Logout"})
    one.work()
    assert one.state(ref) == "checking"
    for _ in range(12):
        one.clock.turn(minutes=1)
        one.work()
    assert one.line(ref, "desk")["residue"] == 3
