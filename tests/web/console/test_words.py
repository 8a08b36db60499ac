"""Whatever the lifecycle knows has its words for staff, and due dates say how they stand."""

from typing import Any

import pytest

from dsar.domain.lifecycle import ENDS, By, Event, State, TaskKind
from dsar.domain.rights import Right
from dsar.services.views.queue import SENTENCES, ClockState
from dsar.web.console.queue import VIEWS
from dsar.web.console.words import EVENTS, OWNERS, RIGHTS, STATES, TASKS, due_of, law
from dsar.web.pages import plain
from tests.web.examples import AT, row


def test_every_state_right_owner_event_and_task_has_its_words() -> None:
    assert set(STATES) == set(State)
    assert set(RIGHTS) == set(Right)
    assert set(OWNERS) == {*By, None}
    assert set(EVENTS) == set(Event)
    assert set(TASKS) == set(TaskKind)


def test_every_open_state_says_what_comes_next() -> None:
    assert set(SENTENCES) == set(State) - ENDS


def test_every_ticket_is_in_one_cut_of_the_queue_and_open_ones_in_all_open() -> None:
    for state in State:
        shown = [name for name, view in VIEWS.items() if view.shows(state)]
        assert shown == ["ended"] if state in ENDS else shown[0] == "open" and len(shown) == 2


@pytest.mark.parametrize(
    ("values", "words", "tone"),
    [
        ({}, "30 days left", "calm"),
        ({"days_left": 8}, "8 days left", "calm"),
        ({"days_left": 7}, "7 days left", "near"),
        ({"days_left": 1}, "1 day left", "near"),
        ({"days_left": 0}, "Today is the last day", "near"),
        ({"days_left": -1, "overdue": True}, "1 day overdue", "over"),
        ({"days_left": -5, "overdue": True}, "5 days overdue", "over"),
        ({"days_left": -5, "closed_at": AT}, "", "calm"),
        ({"due_on": None, "clock_state": ClockState.AT_ONCE, "days_left": None}, "At once", "near"),
        (
            {"due_on": None, "clock_state": ClockState.NO_DAY, "days_left": None},
            "Without undue delay",
            "calm",
        ),
        ({"clock_state": ClockState.STANDS_STILL}, "The clock stands still", "still"),
        (
            {"clock_state": ClockState.NOT_STARTED, "due_on": None},
            "The clock waits for an answer",
            "still",
        ),
    ],
)
def test_a_due_date_says_how_it_stands(values: dict[str, Any], words: str, tone: str) -> None:
    due = due_of(row(**values))
    assert (due.words, due.tone) == (words, tone)


@pytest.mark.parametrize("state", ClockState)
def test_no_state_of_the_clock_is_forgotten(state: ClockState) -> None:
    assert due_of(row(clock_state=state)).tone


def test_names_become_words() -> None:
    assert (law("eu_gdpr"), plain("customer_number")) == ("EU GDPR", "Customer number")
