"""An HTTP API in a running engine: searched page by page however busy it is, erased, looked at again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.store.tables import Task
from dsar.store.upkeep_tables import Gate
from tests.adapters.http.servers import Answer, Asked
from tests.adapters.rest.apis import Cascade, Crm
from tests.adapters.rest.declared import SECRETS
from tests.adapters.test_readme import SOURCES
from tests.company import EMAIL, Company, company

POLICY = """
[activities.relations]
title = "Customer relations"
purpose = "To know what customers want."
basis = "consent"
data = ["crm.contacts", "crm.notes"]
retention = { because = "Until consent is withdrawn." }
"""


@pytest.fixture
def one(
    tmp_path: Path, sqlite_tables: Path, crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Company]:
    """The company with the README's CRM among its sources."""
    monkeypatch.setenv("CRM_TOKEN", SECRETS["CRM_TOKEN"])
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    for key in ("1", "4", "6", "8"):
        crm.contacts[key]["properties"] |= {"email": EMAIL, "number": "K-4711"}
    local = f'url = "{crm.url}"\nallow_private = true\nplain_http = ["127.0.0.1"]'
    with company(folder, f"sqlite:///{folder / 'dsar.sqlite'}") as made:
        with (folder / "sources.toml").open("a") as sources:
            declared = SOURCES["rest_crm"].replace('url = "https://api.crm.example/v1"', local)
            assert local in declared
            sources.write(declared)
        with (folder / "policy.toml").open("a") as policy:
            policy.write(POLICY)
        made.reopen()
        yield made


def test_an_erasure_reaches_every_record_and_is_looked_at_again(one: Company, crm: Crm) -> None:
    ref = one.ask(Right.ERASURE)
    one.work()
    assert one.line(ref, "crm")["found"] == 8
    one.act(ref, Event.APPROVE)
    one.work()
    line = one.line(ref, "crm")
    assert (line["outcome"], line["done"], line["residue"]) == ("acted", 8, 0)
    assert {"1", "4", "6", "8"}.isdisjoint(crm.contacts)
    assert {"2", "3", "5", "7"} <= set(crm.contacts)
    assert len({key for _, _, key in crm.done}) == len(crm.done) == 8


def test_what_goes_with_another_record_is_proven_gone(one: Company, crm: Crm) -> None:
    """The contact's turn comes first; then each of its notes is looked for."""
    path = one.folder / "sources.toml"
    own = '[crm.collections.notes.erase]\npath = "/notes/{key}"\n'
    text = path.read_text()
    assert own in text
    path.write_text(text.replace(own, SOURCES["rest_erased_with"]))
    one.reopen()
    cascade = Cascade()
    cascade.server.unused()
    cascade.contacts, cascade.notes = crm.contacts, crm.notes
    crm.server.answer = cascade.answer
    ref = one.ask(Right.ERASURE)
    one.work()
    one.act(ref, Event.APPROVE)
    one.work()
    line = one.line(ref, "crm")
    assert (line["outcome"], line["done"], line["residue"]) == ("acted", 8, 0)
    assert set(crm.notes) == {"n2"}
    assert {method for method, _, _ in cascade.done} == {"DELETE"}


def test_a_system_that_answers_every_other_time_is_searched_to_its_end(
    one: Company, crm: Crm
) -> None:
    """Each try brings a page at least, or the search would begin with the same page for ever."""
    count = 0

    def fault(_: Asked) -> Answer | None:
        nonlocal count
        count += 1
        return Answer(429, headers={"Retry-After": "120"}) if count % 2 == 0 else None

    crm.fault = fault
    ref = one.ask(Right.ACCESS)
    one.work()
    assert "asks us to wait (429)" in str([gate.reason for gate in one.rows(Gate)])
    one.work_through(hours=1.5)
    assert one.line(ref, "crm")["found"] == 8


def test_what_a_person_must_mend_is_on_the_line_without_an_identifier(
    one: Company, crm: Crm
) -> None:
    crm.fault = lambda asked: Answer(403)
    ref = one.ask(Right.ACCESS)
    one.work()
    line = one.line(ref, "crm")
    assert "forbids this (403)" in line["reason"]
    assert EMAIL not in str([task.reason for task in one.rows(Task)])
