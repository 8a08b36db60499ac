"""A ticket with a source that hangs, eats or dies: named on its line, the others go on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.reasons import as_text
from dsar.domain.rights import Right
from dsar.sandbox.pool import NURSERY
from dsar.store.tables import Task
from tests.company import EMAIL, POLICY, Company, company

_SOURCE = """
[odd]
adapter = "tests.sandbox.strange:Strange"
does = "{does}"
[odd.limits]
page_seconds = {seconds}
memory_mb = 150
processor_seconds = 20
"""


@pytest.fixture
def one(tmp_path: Path, copied_url: str) -> Iterator[Company]:
    with company(tmp_path, copied_url) as made:
        yield made
    NURSERY.empty()


def with_odd(one: Company, does: str) -> None:
    """The company with one more source."""
    path = one.folder / "sources.toml"
    path.write_text(
        path.read_text().partition("[odd]")[0]
        + _SOURCE.format(does=does, seconds=1 if does == "hang" else 60)
    )
    policy = POLICY.format().replace(
        '["mailing.subscribers"]', '["mailing.subscribers", "odd.notes"]'
    )
    (one.folder / "policy.toml").write_text(policy)
    one.reopen()


def test_a_source_apart_is_searched_and_acted_on_like_any_other(one: Company) -> None:
    with_odd(one, "answer")
    ref = one.ask(Right.ERASURE)
    one.work()
    one.act(ref, Event.APPROVE)
    one.work()
    line = one.line(ref, "odd")
    assert (line["found"], line["done"]) == (2, 2)
    assert line["residue"] == 2  # it says it erased, and did not
    assert one.state(ref) == "action_failed"


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("hang", "It did not answer within 1 s and was stopped."),
        ("eat", "It used more than 150 MB and was stopped."),
        ("kill", "Its process ended by signal 9."),
    ],
)
def test_what_went_wrong_stands_on_the_line_and_the_others_go_on(
    one: Company, does: str, reason: str
) -> None:
    with_odd(one, does)
    ref = one.ask(Right.ACCESS)
    one.work_through()
    assert one.state(ref) == "source_failed"
    line = one.line(ref, "odd")
    assert (line["outcome"], line["reason"]) == ("open", reason)
    assert one.line(ref, "shop")["outcome"] == "supplied" or one.line(ref, "shop")["found"] == 3
    (task,) = [row for row in one.rows(Task) if row.source == "odd"]
    assert (task.state, task.attempts, task.crashes) == ("parked", 5, 0)
    assert EMAIL not in as_text(task.reason)
    with_odd(one, "answer")
    one.act(ref, Event.RETRY)
    one.work()
    assert (one.state(ref), one.line(ref, "odd")["found"]) == ("in_review", 2)
