"""One id follows a ticket through the web, its tasks and the adapters: a line of each carries it."""

import io
import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from starlette.testclient import TestClient

from dsar.domain.rights import Right
from dsar.sdk import NeedsHuman
from dsar.services.upkeep import logs
from dsar.web.app import create
from tests.company import BY_HAND, company
from tests.scripted import Script, case
from tests.web.filled import Filled
from workers.run_here import run_until_idle

HERE = ("127.0.0.1", 50000)


@pytest.fixture
def copied_url(sqlite_tables: Path, tmp_path: Path) -> str:
    """A database with all tables and no rows."""
    return f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'dsar.sqlite')}"


@pytest.fixture
def lines() -> Iterator[Any]:
    """Every log line so far, as this process writes them in earnest."""
    out = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure(out=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def test_one_id_stands_in_a_web_line_a_task_line_and_an_adapter_line(
    tmp_path: Path, copied_url: str, lines: Any
) -> None:
    def find(_script: Script, _checkpoint: str | None) -> None:
        logging.getLogger("helpdesk.driver").warning("page of %s read", "jane@mail.example")
        raise NeedsHuman("The table cases has vanished. Restore it.")

    scripts = {"desk": Script(records=[case("1")], finding=find)}
    with company(tmp_path, copied_url, review=BY_HAND, scripts=scripts) as one:
        trace = logs.follow_request("", "/requests")  # what every web request begins with
        ticket = one.ask(Right.ACCESS)
        structlog.contextvars.clear_contextvars()
        run_until_idle(one.installation)
        browser = TestClient(create(one.installation), base_url="http://127.0.0.1", client=HERE)
        assert browser.get(f"/tickets/{ticket}").status_code == 200
    (adapter,) = (line for line in lines() if line["event"] == "page of %s read")
    (task,) = (line for line in lines() if line["event"] == "task.failed")
    (web,) = (line for line in lines() if line["event"] == "web.request")
    assert adapter["ticket"] == task["ticket"] == web["ticket"] == ticket
    assert adapter["trace"] == task["trace"] == trace
    assert adapter["task"] == task["task"]
    assert adapter["source"] == task["source"] == "desk"
    assert "jane" not in json.dumps(lines())


def test_work_that_no_web_request_began_is_traced_by_its_first_task(
    tmp_path: Path, copied_url: str, lines: Any
) -> None:
    def find(_script: Script, _checkpoint: str | None) -> None:
        logging.getLogger("helpdesk.driver").warning("asked")

    with company(
        tmp_path, copied_url, review=BY_HAND, scripts={"desk": Script(finding=find)}
    ) as one:
        one.ask(Right.ACCESS)
        run_until_idle(one.installation)
    (adapter,) = (line for line in lines() if line["event"] == "asked")
    assert len(adapter["trace"]) == len(adapter["task"]) == 32


def asked(filled: Filled, path: str, **headers: str) -> str:
    browser = TestClient(create(filled.installation), base_url="http://127.0.0.1", client=HERE)
    return browser.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()}).headers[
        "x-request-id"
    ]


def test_an_id_the_asker_gives_is_taken_if_it_is_a_uuid(filled: Filled, lines: Any) -> None:
    given = uuid4()
    assert asked(filled, "/", x_request_id=str(given)) == given.hex
    assert asked(filled, f"/tickets/{filled.refs['late']}", x_request_id=given.hex) == given.hex
    (web,) = (line for line in lines() if line["event"] == "web.request")
    assert (web["trace"], web["ticket"]) == (given.hex, filled.refs["late"])


@pytest.mark.parametrize("given", ["", "jane@mail.example", "1", "g" * 32, "a" * 33])
def test_any_other_id_is_replaced_by_a_new_one(filled: Filled, lines: Any, given: str) -> None:
    headers = {"x_request_id": given} if given.isascii() else {}
    first, second = asked(filled, "/", **headers), asked(filled, "/", **headers)
    assert first != second
    assert {len(first), len(second)} == {32}
    assert not given or given not in json.dumps(lines())


def test_a_refusal_carries_an_id_too_and_pages_without_a_ticket_leave_no_line(
    filled: Filled, lines: Any
) -> None:
    elsewhere = TestClient(create(filled.installation), client=("192.0.2.7", 1))
    refused = elsewhere.get("/")
    assert (refused.status_code, len(refused.headers["x-request-id"])) == (403, 32)
    asked(filled, "/")
    asked(filled, "/tickets/jane@mail.example")
    assert lines() == []
