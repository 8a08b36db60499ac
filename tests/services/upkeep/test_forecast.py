"""The forecast: as long as it took others, from where the ticket stands."""

from datetime import timedelta

from dsar.domain.lifecycle import Event, State
from dsar.domain.rights import Right
from dsar.services.runtime.installation import reading
from dsar.services.upkeep import forecast
from tests.company import Company


def slow_review(small: Company, days: int) -> None:
    """A ticket that stood in review for so long."""
    ref = small.ask(Right.RECTIFICATION, corrections={"family_name": "Lind"})
    small.work()
    small.clock.turn(days=days)
    small.act(ref, Event.REFUSE, ground="refusal_unfounded")


def test_durations_are_measured_on_ended_tickets(small: Company) -> None:
    slow_review(small, 20)
    with reading(small.installation) as session:
        measured = forecast.durations(session)
    assert measured[State.IN_REVIEW] == timedelta(days=20)


def test_a_ticket_that_will_be_late_if_it_takes_as_long_is_named_with_the_cause(
    small: Company,
) -> None:
    slow_review(small, 40)
    ref = small.ask(Right.RECTIFICATION, corrections={"family_name": "Lind"})
    with reading(small.installation) as session:
        risks = forecast.at_risk(session)
    assert [risk.ref for risk in risks] == [ref]
    assert "in_review" in risks[0].cause


def test_without_history_nothing_is_guessed(small: Company) -> None:
    small.ask(Right.RECTIFICATION, corrections={"family_name": "Lind"})
    with reading(small.installation) as session:
        assert forecast.at_risk(session) == []


def test_what_is_overdue_is_at_risk_whatever_the_history(small: Company) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    small.clock.turn(days=60)
    with reading(small.installation) as session:
        risks = forecast.at_risk(session)
    assert [risk.ref for risk in risks] == [ref]
    assert risks[0].cause == "overdue, stands in received"
