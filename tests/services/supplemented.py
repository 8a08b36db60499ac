"""Tickets that ended with gaps, for the tests of what asks them again."""

from datetime import timedelta

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import NeedsHuman
from dsar.services.desk import holds
from dsar.services.desk.supplement import supplement
from dsar.services.runtime.installation import transaction
from dsar.store.tickets import by_ref
from tests.company import BEN, EMAIL, Company
from tests.scripted import Script, case

CLOSED = "The vendor is closed for the summer."


def ended(
    one: Company, desk: Script, right: Right = Right.ACCESS, *, later: timedelta = timedelta()
) -> str:
    """A ticket that ended without what the desk holds."""

    def closed(_script: Script, _checkpoint: str | None) -> None:
        raise NeedsHuman(CLOSED)

    desk.finding, desk.records = closed, [case("1"), case("2")]
    ref = one.ask(right)
    one.work()
    one.clock.now += later
    one.act(ref, Event.ACCEPT_GAP, reason="it cannot be reached in time")
    one.work()
    one.act(ref, Event.APPROVE)
    one.work(render=True)
    one.work()
    one.act(ref, Event.DELIVER_PART)
    assert one.state(ref) == "partly_fulfilled"
    desk.finding = Script().finding
    return ref


def ask_again(one: Company, ref: str, *names: str, reason: str = "They are back.") -> str:
    with transaction(one.installation) as session:
        return supplement(session, BEN, by_ref(session, ref), names, reason=reason).ref


def resumed(one: Company) -> tuple[str, str]:
    """An erasure that ended with gaps because of a hold, and what asks again since it was lifted."""
    ref = one.ask(Right.ERASURE)
    one.work()
    with transaction(one.installation) as session:
        hold = holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.").id
    one.act(ref, Event.APPROVE)
    one.work()
    one.act(ref, Event.ACCEPT_GAP)
    one.work(render=True)
    one.act(ref, Event.DELIVER_PART)
    with transaction(one.installation) as session:
        (late,) = holds.lift(session, hold).resumed
    return ref, late
