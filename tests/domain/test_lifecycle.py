"""The table is the whole machine: nothing outside it can happen, and nothing in it is useless."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.conditions import CONDITIONS
from dsar.domain.lifecycle import (
    ENDS,
    HANDS,
    OWNER,
    TABLE,
    By,
    Event,
    State,
    diagram,
    grounds,
    leaving,
    letters,
    reachable,
    transition,
)
from dsar.domain.rights import Right
from dsar.services.law import regimes
from templates import FOLDER

RIGHTS = tuple(Right)


def can_end(state: State, right: Right, seen: frozenset[State] = frozenset()) -> bool:
    if state in ENDS:
        return True
    onward = {row.end for row in leaving(state, right)} - seen - {state}
    return any(can_end(end, right, seen | {state}) for end in onward)


def test_every_state_can_be_reached_by_some_right() -> None:
    assert set().union(*(reachable(right) for right in RIGHTS)) == set(State)


@pytest.mark.parametrize("right", RIGHTS)
def test_every_state_a_right_reaches_can_end(right: Right) -> None:
    assert [state for state in reachable(right) if not can_end(state, right)] == []


@pytest.mark.parametrize("right", RIGHTS)
def test_every_right_can_be_fulfilled_and_withdrawn(right: Right) -> None:
    assert {State.FULFILLED, State.PARTLY_FULFILLED, State.WITHDRAWN} <= reachable(right)


def test_no_way_leads_out_of_an_end() -> None:
    assert [row for row in TABLE if row.start in ENDS] == []


def test_a_state_an_event_and_a_right_have_at_most_one_rule() -> None:
    places = Counter((row.start, row.event, right) for row in TABLE for right in row.rights)
    assert [place for place, number in places.items() if number > 1] == []


def test_a_state_has_an_owner_or_is_an_end_and_never_both() -> None:
    assert {state for state in State if state not in ENDS} == set(OWNER)


def test_every_event_is_used() -> None:
    assert {row.event for row in TABLE} == set(Event)


def test_whoever_owns_a_state_can_do_something_there() -> None:
    for state, owner in OWNER.items():
        by = {row.by for right in RIGHTS for row in leaving(state, right)}
        hands = {By.STAFF, By.PERSON} if owner is By.PERSON else {owner}
        assert by & hands, state


def test_the_engine_may_not_do_what_belongs_to_the_person() -> None:
    assert By.SYSTEM not in HANDS[By.PERSON]
    assert HANDS[By.SYSTEM] == {By.SYSTEM}


@pytest.mark.parametrize("regime", regimes.known())
def test_every_ground_is_cited_in_every_law(regime: str) -> None:
    law = regimes.load(regime)
    assert [ground for ground in grounds() if not law.citation(ground).strip()] == []


@pytest.mark.parametrize("regime", regimes.known())
def test_every_law_names_grounds_a_refusal_can_rest_on(regime: str) -> None:
    law = regimes.load(regime)
    assert law.refusal.grounds
    assert [ground for ground in law.refusal.grounds if not law.citation(ground).strip()] == []


def test_every_letter_exists_in_english() -> None:
    assert [
        k for k in letters() if not (FOLDER / "words" / "en" / "letters" / f"{k}.txt").is_file()
    ] == []


def test_every_condition_is_used_and_every_need_has_a_condition() -> None:
    assert {name for row in TABLE for name in row.needs} == set(CONDITIONS)


def test_a_withdrawal_of_consent_knows_no_refusal_and_no_fee() -> None:
    assert State.REFUSED not in reachable(Right.CONSENT_WITHDRAWAL)
    fees = [row for row in TABLE if row.event is Event.ASK_FEE]
    assert all("may_be_refused" in row.needs for row in fees)


def test_every_refusal_says_why_and_on_which_ground() -> None:
    rows = [row for row in TABLE if row.event is Event.REFUSE]
    assert rows
    for row in rows:
        assert {"may_be_refused", "reasoned", "ground_for_refusal"} <= set(row.needs)
        assert row.letter == "refused"


def test_only_what_is_proven_is_called_fulfilled() -> None:
    rows = [row for row in TABLE if row.end is State.FULFILLED]
    assert rows
    assert all({"some_asked", "all_proven"} <= set(row.needs) for row in rows)


def test_nothing_is_said_to_be_held_only_where_every_search_is_proven_and_found_nobody() -> None:
    rows = [row for row in TABLE if row.end is State.NOTHING_HELD]
    assert rows
    for row in rows:
        assert {"some_asked", "nobody_found", "all_proven"} <= set(row.needs)
        assert row.letter == "nothing_held"


@pytest.mark.parametrize("right", RIGHTS)
def test_what_else_the_person_is_known_by_can_be_asked_before_nothing_is_confirmed(
    right: Right,
) -> None:
    events = [row.event for row in leaving(State.NOBODY_FOUND, right)]
    asking, confirming = Event.ASK_IDENTIFIERS, Event.CONFIRM_NOTHING
    assert events.index(asking) < events.index(confirming)
    rows = [row for row in TABLE if row.event is Event.CONFIRM_NOTHING]
    assert all({"some_asked", "reasoned"} <= set(row.needs) for row in rows)


def test_what_is_partly_fulfilled_has_no_open_line_and_a_letter_that_names_the_gaps() -> None:
    rows = [row for row in TABLE if row.end is State.PARTLY_FULFILLED]
    assert rows
    assert all("all_closed" in row.needs and row.letter == "partly_delivered" for row in rows)


def test_nothing_is_approved_or_decided_while_somebody_must_look_first() -> None:
    rows = [row for row in TABLE if row.event in {Event.APPROVE, Event.DECIDE}]
    assert all({"decided", "some_asked", "no_doubt"} <= set(row.needs) for row in rows)


def test_identity_is_confirmed_with_a_reason_wherever_it_is_confirmed() -> None:
    rows = [row for row in TABLE if row.event is Event.CONFIRM_IDENTITY]
    assert {row.start for row in rows} == {
        State.RECEIVED, State.AWAITING_IDENTITY, State.LAPSED,
    }  # fmt: skip
    assert all({"identified", "reasoned"} <= set(row.needs) for row in rows)


def test_a_search_that_begins_is_never_owed_twice() -> None:
    assert len([row for row in TABLE if "search" in row.owes]) == 1


@given(st.sampled_from(RIGHTS), st.lists(st.sampled_from(tuple(Event)), max_size=60))
def test_random_events_stay_inside_the_table(right: Right, events: list[Event]) -> None:
    state = State.RECEIVED
    for event in events:
        row = transition(state, event, right)
        if row is None:
            assert all(other.event is not event for other in leaving(state, right))
            continue
        assert (row.start, row.event) == (state, event)
        assert right in row.rights
        state = row.end
    assert state in reachable(right)


@given(st.sampled_from(RIGHTS), st.data())
def test_a_ticket_moved_by_what_is_possible_always_has_a_next_step_or_has_ended(
    right: Right, data: st.DataObject
) -> None:
    state = State.RECEIVED
    for _ in range(40):
        if state in ENDS:
            return
        rows = leaving(state, right)
        assert rows
        state = data.draw(st.sampled_from(rows)).end


def test_the_diagram_draws_every_rule() -> None:
    drawn = diagram()
    merged = {Event.REFUSE, Event.WITHDRAW}
    for row in TABLE:
        if row.start is row.end:
            continue
        start = State.RECEIVED if row.event in merged else row.start
        assert f"    {start} --> {row.end}: {row.event}" in drawn
    assert all(f"    {end} --> [*]" in drawn for end in ENDS)
    assert drawn.startswith("stateDiagram-v2\n    [*] --> received")


def test_the_diagram_of_one_right_leaves_the_others_out() -> None:
    assert f"--> {State.ACTING}" not in diagram([Right.ACCESS])
    assert f"--> {State.ACTING}" in diagram([Right.ERASURE])
    assert f"--> {State.REFUSED}" not in diagram([Right.CONSENT_WITHDRAWAL])
