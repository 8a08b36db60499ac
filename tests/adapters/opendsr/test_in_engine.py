"""A processor that takes days keeps a ticket waiting and nobody else; nothing is asked of it twice."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.store.upkeep_tables import Gate
from tests.adapters.opendsr.processors import ReferenceProcessor
from tests.company import EMAIL, Company, company

SOURCE = """
[ads]
adapter = "opendsr"
title = "Advertising partner"
url = "{url}"
allow_private = true
plain_http = ["127.0.0.1"]
domain = "opendsr.ads.example"
signing_ca_file = "{authority}"
identities = {{ email = {{ type = "email", format = "sha256" }} }}
poll_seconds = 900
"""
POLICY = """
[activities.ads]
title = "Advertising"
purpose = "To show fitting offers elsewhere."
basis = "consent"
data = ["ads.held"]
retention = { because = "Until consent is withdrawn." }
"""
HASHED = hashlib.sha256(EMAIL.encode()).hexdigest()


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path, processor: ReferenceProcessor) -> Iterator[Company]:
    """The company with the processor among its sources."""
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    processor.people = {("email", HASHED): [{"segment": "shoes"}]}
    with company(folder, f"sqlite:///{folder / 'dsar.sqlite'}") as made:
        with (folder / "sources.toml").open("a") as sources:
            sources.write(SOURCE.format(url=processor.url, authority=processor.authority.file))
        with (folder / "policy.toml").open("a") as policy:
            policy.write(POLICY)
        made.reopen()
        yield made


def kinds(processor: ReferenceProcessor) -> list[str]:
    return [body["subject_request_type"] for body in processor.taken]


def test_an_erasure_is_asked_once_and_proven_when_the_processor_is_done(
    one: Company, processor: ReferenceProcessor
) -> None:
    processor.polls = 3
    ref = one.ask(Right.ERASURE)
    one.work()
    assert "expected by 2026-02-01" in str(one.view(ref))
    assert EMAIL not in str(one.rows(Gate))
    assert not any(gate.open_until for gate in one.rows(Gate) if gate.source == "ads")
    one.work_through(hours=1)
    assert one.state(ref) == "in_review"
    assert one.line(ref, "ads")["found"] == 1
    one.act(ref, Event.APPROVE)
    one.work()
    assert one.state(ref) == "acting"
    assert ("email", HASHED) in processor.people
    one.work_through(hours=2)
    assert one.state(ref) == "assembling"
    ads = one.line(ref, "ads")
    assert (ads["outcome"], ads["done"], ads["residue"]) == ("acted", 1, 0)
    assert processor.people == {}
    assert kinds(processor) == ["access", "erasure", "access"]


def test_a_worker_that_dies_while_waiting_asks_nothing_twice(
    one: Company, processor: ReferenceProcessor
) -> None:
    processor.polls = 2
    ref = one.ask(Right.ERASURE)
    for _ in range(20):
        one.work()
        if one.state(ref) == "in_review":
            one.act(ref, Event.APPROVE)
        if one.state(ref) == "assembling":
            break
        one.reopen()
        one.clock.turn(minutes=16)
    assert one.state(ref) == "assembling"
    assert kinds(processor) == ["access", "erasure", "access"]
