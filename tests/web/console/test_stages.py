"""A ticket's progress is drawn from its state, and never shows more than happened."""

from itertools import product

import pytest

from dsar.domain.lifecycle import ENDS, State
from dsar.domain.rights import ACTING, Right
from dsar.web.console.stages import STAGES, stages
from tests.web.examples import entry


def test_every_open_state_is_at_exactly_one_stage() -> None:
    placed = [state for states in STAGES.values() for state in states]
    assert sorted(placed) == sorted(set(State) - ENDS)


@pytest.mark.parametrize(
    ("right", "state"),
    [
        (right, state)
        for right, state in product(Right, State)
        if state not in ENDS and (right in ACTING or not state.startswith(("act", "check")))
    ],
)
def test_an_open_ticket_is_at_one_stage_with_the_done_behind_it(right: Right, state: State) -> None:
    found = [stage.standing for stage in stages(right, state, ())]
    here = next(n for n, standing in enumerate(found) if standing in {"now", "trouble"})
    assert found[:here] == ["done"] * here
    assert found[here + 1 :] == ["ahead"] * (len(found) - here - 1)


def test_what_failed_is_marked_where_it_failed() -> None:
    standings = {s.name: s.standing for s in stages(Right.ERASURE, State.ACTION_FAILED, ())}
    assert standings["Acted"] == "trouble"


@pytest.mark.parametrize("end", [State.FULFILLED, State.PARTLY_FULFILLED])
def test_an_answered_ticket_went_all_the_way(end: State) -> None:
    assert {stage.standing for stage in stages(Right.ACCESS, end, ())} == {"done"}


def test_a_refused_ticket_shows_where_it_ended_and_nothing_after_it() -> None:
    journal = (
        entry("received", channel="desk"),
        entry("confirm_identity", **{"from": "received", "to": "verified"}),
        entry("refuse", **{"from": "verified", "to": "refused"}),
    )
    found = stages(Right.ACCESS, State.REFUSED, journal)
    assert [stage.standing for stage in found] == ["done", "done"] + ["never"] * 5


def test_only_rights_that_change_something_pass_the_acting_stages() -> None:
    names = {right: [s.name for s in stages(right, State.RECEIVED, ())] for right in Right}
    assert {right for right, found in names.items() if "Acted" in found} == ACTING
