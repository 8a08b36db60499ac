"""Tickets approved for acting on, and what was then done in the helpdesk."""

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from tests.company import Company
from tests.scripted import Script, case

CASES = [case("1"), case("2"), case("3")]


def approved(one: Company, right: Right = Right.ERASURE, **more: object) -> str:
    """A ticket that was searched, decided and approved."""
    ref = one.ask(right, **more)
    one.work()
    assert one.state(ref) == "in_review"
    one.act(ref, Event.APPROVE)
    return ref


def acts(script: Script) -> list[str]:
    return [call for call in script.calls if not call.startswith("find")]
