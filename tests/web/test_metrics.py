"""Prometheus reads the engine's figures from the database; each metric is documented."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from dsar.domain.reasons import told
from dsar.services.runtime.installation import Installation
from dsar.store import processes, tasks
from dsar.store.counts import count
from dsar.store.engine import system_clock
from dsar.store.tasks import gates
from dsar.store.tasks.states import TASK
from dsar.web.app import create
from tests.store.rows import committed, new_ticket
from tests.web.filled import Filled
from tests.workers.installations import new_installation

README = Path(__file__).parents[2] / "workers/README.md"
TABLES = SQLModel.metadata.tables


@pytest.fixture
def installation(tables_url: str, tmp_path: Path) -> Iterator[Installation]:
    installation = new_installation(tables_url, tmp_path)
    yield installation
    installation.store.close()


def scraped(installation: Installation) -> dict[tuple[str, ...], float]:
    """Every sample: its name and the values of its labels, in the order of their names."""
    here = ("127.0.0.1", 50000)
    browser = TestClient(create(installation), base_url="http://127.0.0.1", client=here)
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_tasks_are_counted_by_state_and_kind_and_the_oldest_due_one_is_timed(
    installation: Installation,
) -> None:
    open_, closed = new_ticket(installation.store, 1), new_ticket(installation.store, 2)
    now = system_clock()
    with committed(installation.store) as session:
        for ticket in (open_, closed):
            for key in ("a", "b"):
                tasks.enqueue(session, installation.store, ticket_id=ticket, kind="search", key=key,
                              rank=now)  # fmt: skip
            tasks.enqueue(session, installation.store, ticket_id=ticket, kind="act", rank=now)
        of_act = update(TASK).where(TASK.c.kind == "act").values(state="parked")
        session.connection().execute(of_act)
        earlier = update(TASK).values(not_before=now - timedelta(minutes=5))
        session.connection().execute(earlier.where(TASK.c.key == "a", TASK.c.state == "ready"))
        end = update(TABLES["ticket"]).where(TABLES["ticket"].c.id == closed)
        session.connection().execute(end.values(closed_at=now))
    found = scraped(installation)
    assert found["dsar_tasks", "search", "ready"] == 4, "also of a closed ticket: it will be done"
    assert found["dsar_tasks", "act", "parked"] == 1, "of a closed ticket nobody waits for it"
    assert 300 <= found["dsar_task_oldest_due_seconds", "search"] < 400
    assert ("dsar_task_oldest_due_seconds", "act") not in found


def test_a_change_without_receipt_is_unknown_once_its_lease_is_over(
    installation: Installation,
) -> None:
    ticket, now = new_ticket(installation.store), system_clock()
    with committed(installation.store) as session:
        task = tasks.enqueue(session, installation.store, ticket_id=ticket, kind="act", rank=now)
        lease = tasks.claim(session, installation.store, queue="work", kinds=("act",), owner="w")
        assert lease is not None
        common = {"ticket_id": ticket, "task_id": task, "source": "shop", "number": 0,
                  "fence": lease.fence, "manifest": "m", "at": now}  # fmt: skip
        rows = [common | {"idem_key": state, "state": state} for state in ("intent", "done")]
        session.connection().execute(insert(TABLES["effect"]), rows)
    assert scraped(installation)["dsar_effects_unknown",] == 0, "its worker is at it"
    with committed(installation.store) as session:
        tasks.wait_human(session, installation.store, lease, reason=told("Did it happen?"))
    assert scraped(installation)["dsar_effects_unknown",] == 1


@pytest.mark.parametrize(
    ("days", "window"),
    [(-1, "overdue"), (0, "overdue"), (2.9, "3_days"), (3.1, "7_days"), (7.1, None)],
)
def test_an_open_tickets_deadline_stands_in_one_window(
    installation: Installation, days: float, window: str | None
) -> None:
    ticket = TABLES["ticket"]
    new_ticket(installation.store)
    due = system_clock() + timedelta(days=days)
    with committed(installation.store) as session:
        session.connection().execute(update(ticket).values(due_at=due, due_on=due.date()))
    found = scraped(installation)
    at_risk = {name: found["dsar_deadlines_at_risk", name]
               for name in ("overdue", "3_days", "7_days")}  # fmt: skip
    assert at_risk == {name: float(name == window) for name in at_risk}
    with committed(installation.store) as session:
        session.connection().execute(update(ticket).values(closed_at=system_clock()))
    assert scraped(installation)["dsar_deadlines_at_risk", "overdue"] == 0


def test_sources_processes_and_counters_stand_as_the_database_has_them(
    installation: Installation,
) -> None:
    with committed(installation.store) as session:
        gates.configure(session, installation.store, "shop")
        until = system_clock() + timedelta(hours=1)
        gates.close(session, installation.store, "crm", until=until, reason=told("Later."))
        gates.close(
            session,
            installation.store,
            "mail",
            until=until - timedelta(hours=2),
            reason=told("Was."),
        )
        processes.beat(session, installation.store, process="a", kind="worker")
        processes.beat(session, installation.store, process="b", kind="worker")
        count(session, installation.store, "fenced_writes", plus=3)
    found = scraped(installation)
    closed = {source: found["dsar_source_closed", source] for source in ("shop", "crm", "mail")}
    assert closed == {"shop": 0, "crm": 1, "mail": 0}
    assert (found["dsar_processes", "worker"], found["dsar_processes", "scheduler"]) == (2, 0)
    assert found["dsar_fenced_writes_total",] == 3
    assert found["dsar_join_repairs_total",] == 0


def test_every_metric_is_documented_with_its_labels_and_no_other_is(browser: TestClient) -> None:
    section = README.read_text(encoding="utf-8").partition("## What the counters mean")[2]
    rows = re.findall(r"^\| `(dsar_\w+)` \| ([^|]*)\|", section.partition("\n## ")[0], re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    shown: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(browser.get("/metrics").text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        shown[name] = {label for sample in family.samples for label in sample.labels}
    labels_seen = {name: labels for name, labels in shown.items() if labels}
    assert documented.keys() == shown.keys()
    assert {name: documented[name] for name in labels_seen} == labels_seen


def test_the_metrics_name_nobody(filled: Filled, browser: TestClient) -> None:
    text = browser.get("/metrics").text
    assert not any(ref in text for ref in filled.refs.values())
    assert "@" not in text


def test_the_metrics_answer_only_where_the_pages_do(filled: Filled) -> None:
    elsewhere = TestClient(
        create(filled.installation), base_url="http://127.0.0.1", client=("192.0.2.7", 1)
    )
    assert elsewhere.get("/metrics").status_code == 403
