"""While a bundle is built staff sees how far it is; afterwards nothing of that is left."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dsar.cli import run
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.bundles import progress
from dsar.services.bundles.progress import Teller
from dsar.services.ticket.run_task import Run, StopAsked, claim
from dsar.store import tasks
from dsar.store.tables import Task
from dsar.store.tasks import LeaseLost
from dsar.web.console.ticket import page
from dsar.web.pages import render
from exports.pdf import printed_report
from tests.company import BEN, BY_HAND, EMAIL, Company, company
from tests.scripted import Script, case
from workers.handlers import QUEUES
from workers.process import Processes

MANY = 700


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    desk = Script(records=[case(f"{EMAIL} {n}") for n in range(MANY)])
    made = company(
        tmp_path,
        f"sqlite:///{tmp_path / 'dsar.sqlite'}",
        review=BY_HAND,
        scripts={"desk": desk},
        adapters={"desk": "Scripted"},
    )
    with made as found:
        yield found


def approved(one: Company) -> str:
    """A ticket whose bundle is to be built."""
    ref = one.ask(Right.ACCESS)
    one.work()
    one.act(ref, Event.APPROVE)
    return ref


def told(one: Company, ref: str) -> dict[str, Any] | None:
    """How far the bundle is, as staff sees it."""
    (task,) = (row for row in one.view(ref)["tasks"] if row["kind"] == "bundle")
    found: dict[str, Any] | None = task["progress"]
    return found


def shown(one: Company, ref: str) -> tuple[bool, str]:
    """Whether the ticket's page draws how far the bundle is, and what it says of it."""
    html = render(page(one.installation, BEN, ref))
    (line,) = re.findall(r'<p class="progress">(.*?)</p>', html, re.DOTALL)
    drawn, _, said = line.rpartition("</progress>")
    assert re.search(r"As of \d\d:\d\d:\d\d\. <a href", said)
    return bool(drawn), said.partition("<span")[0].strip()


def leased(one: Company) -> Run:
    """The bundle's task in the hands of a worker that has not begun."""
    lease = claim(one.installation, queue="render", kinds=("bundle",), owner="here")
    assert lease is not None
    return Run(one.installation, lease, ("bundle",))


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every report is made, as of a bundle that takes an hour."""
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(printed_report, "TELL_EVERY", 0.1)


def test_a_worker_tells_how_far_its_bundle_is_while_it_builds_and_nothing_afterwards(
    one: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real worker with a real printing process; somebody looks at the ticket all the while."""
    impatient(monkeypatch)
    ref = one.ask(Right.ACCESS)
    one.work()
    seen: dict[str, dict[str, Any]] = {}
    crew = Processes(one.installation, "worker", 1, queues=QUEUES)
    try:
        assert crew.start()
        one.act(ref, Event.APPROVE)
        until = time.monotonic() + 60
        while one.state(ref) == "assembling" and time.monotonic() < until:
            if found := told(one, ref):
                assert seen.get(found["words"], found)["done"] <= found["done"]
                seen[found["words"]] = found
            time.sleep(0.002)
    finally:
        crew.stop()
    assert one.state(ref) == "ready"
    assert told(one, ref) is None
    by_step = {one["step"]: one for one in seen.values()}
    assert by_step["report"]["of"] == by_step["records"]["of"] == MANY + 4
    assert 0 < by_step["report"]["done"] <= MANY + 4
    assert f"report: {by_step['report']['done']:,} of 704 records printed" in seen
    assert EMAIL not in str(seen)  # collections and counts, and not the key of any record


def test_a_bundle_that_is_done_in_a_moment_writes_nothing(
    one: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    monkeypatch.setattr(tasks, "note_progress", lambda *told: written.append(told))
    monkeypatch.setattr(progress, "EVERY", 600.0)
    ref = approved(one)
    one.work(render=True)
    assert (one.state(ref), written) == ("ready", [])


def test_no_more_is_written_than_every_two_seconds_but_where_a_step_begins(
    one: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    ref = approved(one)
    teller = Teller(leased(one))
    teller.tell("records", done=500, of=704, place="desk.cases")
    assert told(one, ref) is None
    clock[0] += progress.EVERY
    teller.tell("records", done=600, of=704, place="desk.cases")
    found = told(one, ref)
    assert found is not None
    assert (found["done"], found["of"]) == (600, 704)
    assert found["words"] == "records 600 of 704 (desk.cases)"
    teller.tell("records", done=650, of=704, place="shop.customers")
    assert told(one, ref) == found
    teller.tell("report", done=1, of=704)
    assert told(one, ref) == {**found, "step": "report", "done": 1, "place": "",
                              "words": "report: 1 of 704 records printed"}  # fmt: skip
    monkeypatch.setenv("DSAR_CONFIG", str(one.folder / "dsar.toml"))
    run(["ticket", "show", ref])
    assert "bundle: report: 1 of 704 records printed (as of 2026-03-02T" in capsys.readouterr().out
    assert shown(one, ref) == (True, "Report: 1 of 704 records printed.")
    for step in (progress.SEARCHING, progress.STORING):
        teller.tell(step)
        now = told(one, ref)
        assert now is not None
        assert now["words"] == progress.WORDS[step]
        assert shown(one, ref) == (False, f"The {progress.WORDS[step][4:]}.")


def test_a_worker_that_lost_its_task_stops_and_its_progress_counts_no_more(
    one: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    ref = approved(one)
    teller = Teller(leased(one))
    teller.tell("records", done=500, of=704)
    assert told(one, ref) is not None
    with one.installation.store.engine.begin() as connection:  # taken back, and claimed by another
        connection.execute(sa.update(Task).values(fence=Task.fence + 1))
    assert told(one, ref) is None
    with pytest.raises(LeaseLost):
        teller.tell("records", done=600, of=704)


def test_a_worker_that_is_to_end_gives_a_long_bundle_back_at_once(
    one: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    ref = approved(one)
    run = leased(one)
    run.stopping = threading.Event()
    run.stopping.set()
    with pytest.raises(StopAsked):
        QUEUES["render"]["bundle"](one.installation, run)
    assert list((one.folder / "var" / "bundles").iterdir()) == []
    Teller(run).tell(progress.STORING)  # what is nearly done is finished
    assert told(one, ref) is not None
