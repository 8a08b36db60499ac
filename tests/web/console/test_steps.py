"""Each step on the page is a command that the command line understands as it stands."""

import shlex
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from dsar.cli.requests import request as request_commands
from dsar.cli.requests import ticket as ticket_commands
from dsar.domain.conditions import CONDITIONS
from dsar.domain.lifecycle import By, Event, State, leaving
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.views.tickets import PossibleEvent, TicketView
from dsar.web.console.steps import OPTIONS, steps
from tests.web.examples import view as example

GDPR = regimes.load("eu_gdpr")
GROUPS = {
    "ticket": typer.main.get_command(ticket_commands.app),
    "request": typer.main.get_command(request_commands.app),
}


def view(state: State, right: Right) -> TicketView:
    """A ticket in that state, with nothing in the way of what is possible there."""
    possible = tuple(
        PossibleEvent(row.event, row.end, (), tuple(n for n in row.needs if n in OPTIONS))
        for row in leaving(state, right)
        if row.by is not By.SYSTEM
    )
    return example(ref="R-A-1", request="R-A", state=state, right=right, possible=possible)


def parsed(command: str) -> dict[str, Any]:
    """The options of a command as typer reads them: it raises for unknown or missing ones."""
    program, group, name, *arguments = shlex.split(command)
    assert program == "dsar"
    commands = GROUPS[group]
    assert isinstance(commands, TyperGroup)
    return dict(commands.commands[name].make_context(name, arguments).params)


@pytest.mark.parametrize(("state", "right"), list(product(State, Right)))
def test_every_command_shown_can_be_typed(state: State, right: Right) -> None:
    for step in steps(view(state, right), GDPR):
        options = parsed(step.command)
        assert options["ref"] in {"R-A-1", "R-A"}
        assert options["by"]


def test_what_a_rule_asks_for_stands_in_the_command() -> None:
    by_words = {step.words: step for step in steps(view(State.VERIFIED, Right.ACCESS), GDPR)}
    refuse = by_words["Refuse, on a ground the law knows"]
    assert {"--reason", "--ground"} <= set(shlex.split(refuse.command))
    assert set(refuse.choices) == set(GDPR.refusal.of("access"))
    assert "erasure_public_health" not in refuse.choices


def test_options_belong_to_conditions_that_exist() -> None:
    assert set(OPTIONS) <= set(CONDITIONS)


def test_what_leads_on_comes_first_and_what_is_blocked_last() -> None:
    ticket = view(State.IN_REVIEW, Right.ACCESS)
    look = ("Look first.",)
    possible = tuple(
        replace(row, blocked_by=look if row.event is Event.EXTEND else ())
        for row in ticket.possible
    )
    found = steps(replace(ticket, possible=possible), GDPR)
    assert found[0].words == "Approve what was found"
    assert found[-1].blocked_by == ("Look first.",)
    assert [step.words for step in found[-3:-1]] == [
        "Refuse, on a ground the law knows",
        "The person withdraws it",
    ]
