"""A kind of task is one row; whatever else must be decided about it is named here until it is."""

from collections.abc import Collection, Iterator

import pytest

from dsar.domain.lifecycle import (
    TABLE,
    Event,
    State,
    TaskKind,
    failures,
    leaving,
    reachable,
    stuck_kinds,
    transition,
)
from dsar.domain.lifecycle.task_kinds import KINDS, Per
from dsar.domain.rights import Right
from dsar.services.ticket import owed_tasks
from dsar.web.console.words import TASKS
from workers.handlers import HANDLERS, QUEUES

OWED = {kind for row in TABLE for kind in row.owes}
JOINED = [kind for kind in TaskKind if kind.spec.joined_in]


def places() -> Iterator[tuple[str, Collection[str]]]:
    yield "a row in domain.lifecycle.task_kinds.KINDS", KINDS
    yield "a handler in workers.handlers.HANDLERS", HANDLERS
    yield "words in web.console.words.TASKS", TASKS


def undecided(kind: str) -> list[str]:
    """What is missing for a kind, each thing with the place it belongs."""
    return [place for place, decided in places() if kind not in decided]


@pytest.mark.parametrize("kind", TaskKind)
def test_all_that_a_kind_needs_is_decided(kind: TaskKind) -> None:
    assert undecided(kind) == []


def test_a_kind_about_which_nothing_is_decided_is_told_all_it_needs() -> None:
    assert undecided("file_away") == [place for place, _ in places()]


def test_what_a_transition_owes_can_be_written_and_nothing_else() -> None:
    assert set(owed_tasks.OWED) == OWED


@pytest.mark.parametrize("kind", TaskKind)
def test_every_kind_is_done_in_its_own_queue(kind: TaskKind) -> None:
    [queue] = [name for name, handlers in QUEUES.items() if kind in handlers]
    assert queue == kind.spec.queue
    assert QUEUES[queue][kind] is HANDLERS[kind]


@pytest.mark.parametrize("kind", JOINED)
def test_a_ticket_waits_where_the_transition_that_owes_the_kind_has_led(kind: TaskKind) -> None:
    assert {row.end for row in TABLE if kind in row.owes} == {kind.spec.joined_in}


@pytest.mark.parametrize("kind", JOINED)
def test_whatever_becomes_of_the_tasks_leads_on_for_every_right(kind: TaskKind) -> None:
    state = kind.spec.joined_in
    assert state is not None
    for right in Right:
        if state in reachable(right):
            for event in (kind.spec.done, kind.spec.failed):
                assert event is None or transition(state, event, right)


def test_what_is_joined_in_a_state_is_joined_once() -> None:
    states = [kind.spec.joined_in for kind in JOINED]
    assert len(states) == len(set(states))


@pytest.mark.parametrize("state", failures())
def test_where_a_ticket_stands_still_it_is_said_for_want_of_what_and_it_is_tried_again(
    state: State,
) -> None:
    kinds = stuck_kinds(state)
    again = {
        row.end for right in Right for row in leaving(state, right) if row.event is Event.RETRY
    }
    assert again <= {kind.spec.joined_in for kind in kinds}
    assert again


def test_only_failures_want_something() -> None:
    assert {state for state in State if stuck_kinds(state)} == failures()
    assert stuck_kinds(State.ACTION_FAILED) == {TaskKind.ACT, TaskKind.LOOK_AGAIN}


def test_what_answers_a_coverage_line_is_asked_of_each_source() -> None:
    assert {kind for kind in TaskKind if kind.spec.on_ledger} == {TaskKind.SEARCH, TaskKind.ACT}
    assert all(kind.spec.per is Per.SOURCE for kind in TaskKind if kind.spec.on_ledger)


def test_only_the_end_of_a_restriction_is_work_of_a_ticket_that_has_ended() -> None:
    assert [kind for kind in TaskKind if kind.spec.after_end] == [TaskKind.LIFT]


def test_what_the_law_wants_at_once_keeps_to_no_hours_of_a_source() -> None:
    keep = {kind for kind in TaskKind if kind.spec.in_hours}
    assert keep == {TaskKind.SEARCH, TaskKind.ACT, TaskKind.LOOK_AGAIN}
