"""What staff sees costs the same few questions to the database, however long the queue is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from dsar.domain import reasons
from dsar.domain.lifecycle import State
from dsar.services.runtime.installation import Installation, reading, transaction
from dsar.services.views.queue import ClockState, clock_state, queue
from dsar.services.views.queue import counted as counted_by_state
from dsar.store.tables import CoverageLine, Task, Ticket
from dsar.store.tickets import by_ref
from tests.company import BEN
from tests.web.filled import NOW, many
from tests.workers.installations import new_installation


@pytest.fixture
def installation(tables_url: str, tmp_path: Path) -> Iterator[Installation]:
    installation = new_installation(tables_url, tmp_path)
    installation.store.clock = lambda: NOW
    yield installation
    installation.store.close()


@contextmanager
def counted(installation: Installation) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(installation.store.engine, "before_cursor_execute", note)
    yield sent
    event.remove(installation.store.engine, "before_cursor_execute", note)


def test_a_queue_of_five_hundred_asks_no_more_than_a_queue_of_one(
    installation: Installation,
) -> None:
    asked = []
    for number in (1, 499):
        many(installation, number, first=number)
        with counted(installation) as sent, reading(installation) as session:
            rows = queue(session, BEN)
        asked.append(len(sent))
    assert len(rows) == 500
    assert asked[0] == asked[1] <= 5


def test_the_queue_is_in_order_of_the_due_dates(installation: Installation) -> None:
    many(installation, 40)
    with reading(installation) as session:
        dues = [row.due_on for row in queue(session, BEN)]
    assert dues == sorted(dues)


def test_days_left_are_counted_on_the_controllers_calendar(installation: Installation) -> None:
    many(installation, 1)
    with reading(installation) as session:
        (row,) = queue(session, BEN)
    assert row.days_left == (date(2026, 12, 1) - NOW.date()).days
    installation.store.clock = lambda: NOW + timedelta(days=9)
    with reading(installation) as session:
        (row,) = queue(session, BEN)
    assert (row.days_left, row.overdue) == (0, True)


def test_tickets_are_counted_by_state(installation: Installation) -> None:
    many(installation, 3)
    with reading(installation) as session:
        assert counted_by_state(session, BEN) == {State.RECEIVED: 3}


def test_what_is_stuck_stands_in_the_queue_with_its_reason(installation: Installation) -> None:
    many(installation, 2)
    with transaction(installation) as session:
        ticket = by_ref(session, "R-MANY-00000")
        session.add(_stuck(ticket, "It is away."))
    with reading(installation) as session:
        told = {row.ref: row.next for row in queue(session, BEN)}
    assert told["R-MANY-00000"] == "shop: It is away."
    assert told["R-MANY-00001"] == "confirm who asks, or ask for proof"


def test_a_source_that_was_searched_counts_as_answered_before_anybody_decided(
    installation: Installation,
) -> None:
    many(installation, 1)
    with transaction(installation) as session:
        ticket = by_ref(session, "R-MANY-00000")
        session.add_all(
            CoverageLine(ticket_id=ticket.id, source=name, title=name, outcome=end, searched_at=at)
            for name, end, at in (("a", "open", NOW), ("b", "open", None), ("c", "could_not", None))
        )
    with reading(installation) as session:
        (row,) = queue(session, BEN)
    assert (row.sources_answered, row.sources) == (2, 3)


@pytest.mark.parametrize(
    ("clock", "due", "state"),
    [
        ({}, date(2026, 12, 1), ClockState.RUNNING),
        ({"waiting_for": ["identity_received"]}, None, ClockState.NOT_STARTED),
        ({"paused_since": "2026-11-01"}, date(2026, 12, 1), ClockState.STANDS_STILL),
        ({"act_at_once": "Stop."}, date(2026, 12, 1), ClockState.RUNNING),
        ({"act_at_once": "Stop."}, None, ClockState.AT_ONCE),
        ({}, None, ClockState.NO_DAY),
    ],
)
def test_a_clock_without_a_day_says_why(
    clock: dict[str, object], due: date | None, state: ClockState
) -> None:
    ticket = Ticket(clock=clock, due_on=due)  # type: ignore[call-arg]
    assert clock_state(ticket) is state


def _stuck(ticket: Ticket, reason: str) -> Task:
    return Task(
        ticket_id=ticket.id,
        kind="search",
        source="shop",
        state="waiting_human",
        reason=reasons.told(reason),
        rank=NOW,
        not_before=NOW,
        sweep_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
