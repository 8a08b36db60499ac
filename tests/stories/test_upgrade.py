"""A database with work in flight, filled by commit 381b770, starts under today's code.

Every ticket stands where the old code left it, everything sealed can be opened, and each can be
driven to its end by what staff would do now.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import ENDS, Event, State
from dsar.services.desk import holds
from dsar.services.inquiries import answers
from dsar.services.opening import open_installation
from dsar.services.runtime.installation import transaction
from dsar.services.ticket.run_task import sweep
from dsar.services.upkeep.doctor import examine
from dsar.store import migrate
from dsar.store.tables import Hold, InquiryRow, JournalEntry, Ticket
from tests.company import Company
from tests.stories.bundles import checked
from tests.stories.upgrade.packed import CONFIG, FIRST, left, unpack
from workers.schedule import JOBS

LEFT = left()

#: What the doctor looks at that stands in the database or beside it.
KEPT = {"database", "storage", "bundles", "key", "sources", "letters", "journal"}


@pytest.fixture
def old(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The company under today's code, a minute after the old code did its last; once on SQLite,
    once carried over to PostgreSQL."""
    monkeypatch.syspath_prepend(CONFIG)
    unpack(tmp_path, database_url)
    with closing(open_installation(tmp_path / "dsar.toml").store) as store:
        assert migrate.current(store) == FIRST
        migrate.upgrade(store)
    made = Company(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite'}")
    made.clock.now = max(row.at for row in made.rows(JournalEntry)) + timedelta(minutes=1)
    with closing(made.installation.store):
        yield made


def not_well(one: Company, checks: set[str]) -> list[str]:
    found = [finding for finding in examine(one.installation) if finding.check in checks]
    assert {finding.check for finding in found} == checks
    return [f"{finding.check}: {finding.words}" for finding in found if not finding.well]


def test_every_ticket_stands_where_it_was_left_and_what_is_sealed_can_be_read(old: Company) -> None:
    assert not_well(old, KEPT) == []
    assert {name: old.state(it["ref"]) for name, it in LEFT.items()} == {
        name: it["state"] for name, it in LEFT.items()
    }
    for it in LEFT.values():
        assert "received" in old.letters(it["ref"])
    assert old.view(LEFT["in_review_with_doubts"]["ref"])["doubts"]
    checked(old.bundle(LEFT["ready"]["ref"]))


def _confirm(one: Company, ref: str) -> None:
    one.confirm(ref.rpartition("-")[0])


def _review(one: Company, ref: str) -> None:
    """Reads what may speak of others, decides anew what a machine decided, approves the rest."""
    view = one.view(ref)
    if view["right"] == "automated_decision_review":
        one.decide(ref)
    elif view["doubts"]:
        one.rule(ref, "helpdesk.cases=release")
    else:
        one.act(ref, Event.APPROVE)


def _hand_over(one: Company, ref: str) -> None:
    checked(one.bundle(ref))
    try:
        one.act(ref, Event.DELIVER)
    except NotAllowed:
        one.act(ref, Event.DELIVER_PART)


def _lets(event: Event) -> Callable[[Company, str], None]:
    def step(one: Company, ref: str) -> None:
        one.act(ref, event)

    return step


#: What staff does with a ticket that waits for them, or for the person.
NEXT: Mapping[State, Callable[[Company, str], None]] = {
    State.RECEIVED: _confirm,
    State.AWAITING_IDENTITY: _confirm,
    State.VERIFIED: _lets(Event.ACCEPT),
    State.AWAITING_CLARIFICATION: _lets(Event.CLARIFY),
    State.AWAITING_FEE: _lets(Event.FEE_SETTLED),
    State.SOURCE_FAILED: _lets(Event.RETRY),
    State.IN_REVIEW: _review,
    State.ACTION_FAILED: _lets(Event.RETRY),
    State.ASSEMBLY_FAILED: _lets(Event.RETRY),
    State.READY: _hand_over,
}

#: How tickets end; all others, the supplement and the erasure after a copy too, fulfilled.
ENDED = {
    "partly_fulfilled": "partly_fulfilled",
    "in_review_with_a_ruling": "partly_fulfilled",  # something is withheld
    "refused": "refused",
    "withdrawn": "withdrawn",
}


def drive(one: Company) -> None:
    """A few days in which everybody does what is theirs to do."""
    for _ in range(12):
        sweep(one.installation)
        one.work_through(render=True, hours=1)
        for row in (row for row in one.rows(InquiryRow) if row.answered_at is None):
            drop = answers.room_for_files(one.installation, row.id)
            answers.take(one.installation, row.id, {"outcome": "nothing"}, drop)
        for ticket in one.rows(Ticket):
            if step := NEXT.get(State(ticket.state)):
                step(one, ticket.ref)
        for job in JOBS.values():
            job.do(one.installation)
        one.clock.turn(hours=6)
        if all(State(ticket.state) in ENDS for ticket in one.rows(Ticket)):
            return


def test_every_ticket_can_be_driven_to_its_end(old: Company) -> None:
    for hold in old.rows(Hold):
        with transaction(old.installation) as session:
            holds.lift(session, hold.id, "ana")
    drive(old)
    names = {it["ref"]: name for name, it in LEFT.items()}
    ends: dict[str, Any] = {t.ref: t.state for t in old.rows(Ticket)}
    assert ends == {ref: ENDED.get(names.get(ref, ""), "fulfilled") for ref in ends}
    assert len(ends) == len(LEFT) + 2
    assert not_well(old, KEPT | {"work", "deadlines"}) == []
    for name in ("fulfilled", "action_failed", "under_a_hold", "acting", "awaiting_identity"):
        address = f"{name.replace('_', '-')}@mail.example"
        assert old.shop(f"SELECT count(*) FROM customers WHERE email = '{address}'") == 0
    assert [row.answered_at is not None for row in old.rows(InquiryRow)] == [True]
