"""Every read takes who looks, and a ticket is found by its reference through one door."""

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.errors import NotAllowed, NotFound
from dsar.domain.lifecycle import By
from dsar.domain.rights import Right
from dsar.services.bundles import deliver, files_view
from dsar.services.runtime.access import request_for, ticket_for
from dsar.services.runtime.actor import SYSTEM, Actor
from dsar.services.runtime.installation import reading
from dsar.services.views import queue, sources, tickets
from dsar.store.tickets import by_ref, request_by_ref, request_of
from tests.company import ANA, Company

ROOT = Path(__file__).parents[3]
PERSON = Actor(By.PERSON, "lotta")

READS: dict[str, Callable[..., Any]] = {
    "queue": lambda session, who, _: queue.queue(session, who),
    "counted": lambda session, who, _: queue.counted(session, who),
    "sources": lambda session, who, _: sources.standings(session, who),
    "ticket": tickets.ticket_view,
    "letters": tickets.letters_view,
    "inquiries": tickets.inquiries_view,
    "sealed": tickets.sealed_view,
    "files": files_view.of_ticket,
    "request": lambda session, who, ticket: tickets.request_view(
        session, who, request_of(session, ticket)
    ),
}


@pytest.mark.parametrize("viewer", [ANA, SYSTEM], ids=str)
def test_staff_and_the_engine_find_every_ticket_and_request(small: Company, viewer: Actor) -> None:
    ref = small.ask(Right.ACCESS)
    with reading(small.installation) as session:
        assert ticket_for(session, viewer, ref.lower()) == by_ref(session, ref)
        assert request_for(session, viewer, ref[:-2]) == request_by_ref(session, ref[:-2])


def test_what_may_not_be_seen_cannot_be_told_from_what_is_not_there(small: Company) -> None:
    ref = small.ask(Right.ACCESS)
    with reading(small.installation) as session:
        for look, there, none in (
            (ticket_for, ref, "R-NONE-1"),
            (request_for, ref[:-2], "R-NONE"),
        ):
            with pytest.raises(NotFound) as hidden:
                look(session, PERSON, there)
            with pytest.raises(NotFound) as missing:
                look(session, ANA, none)
            assert str(hidden.value).replace(there, none) == str(missing.value)
    with pytest.raises(NotFound):
        deliver.stored_bundle(small.installation, PERSON, ref)


@pytest.mark.parametrize("name", READS)
def test_what_is_staffs_to_see_is_shown_to_nobody_else(small: Company, name: str) -> None:
    ref = small.ask(Right.ACCESS)
    with reading(small.installation) as session:
        ticket = by_ref(session, ref)
        READS[name](session, ANA, ticket)
        with pytest.raises(NotAllowed, match="Only staff"):
            READS[name](session, PERSON, ticket)


def imported(name: str) -> Iterator[str]:
    """The files of the product that import a name from the store's tickets."""
    for path in (ROOT / "dsar").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "dsar.store.tickets":
                names = {alias.name for alias in node.names}
                yield from [path.relative_to(ROOT).as_posix()] if name in names else []


@pytest.mark.parametrize("name", ["by_ref", "request_by_ref"])
def test_a_reference_is_looked_up_through_one_door(name: str) -> None:
    assert set(imported(name)) == {"dsar/services/runtime/access.py"}


@pytest.mark.parametrize("module", [queue, tickets], ids=lambda module: module.__name__)
def test_every_view_for_pages_and_commands_takes_who_looks(module: Any) -> None:
    views = [
        one
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and (name.endswith("_view") or name in READS)
    ]
    assert views
    for one in views:
        assert list(inspect.signature(one).parameters)[:2] == ["session", "viewer"]
