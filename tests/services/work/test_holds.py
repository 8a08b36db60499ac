"""Nothing is erased under a legal hold, whenever it was placed."""

from dsar.domain.lifecycle import Event
from dsar.services import holds
from dsar.services.house import unit
from tests.company import EMAIL, Company
from tests.services.work.approved import approved


def hold(one: Company) -> str:
    with unit(one.house) as session:
        placed = holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.")
        return placed.id


def lift(one: Company, hold_id: str) -> None:
    with unit(one.house) as session:
        holds.lift(session, hold_id)


def test_nothing_is_erased_under_a_legal_hold(small: Company) -> None:
    hold(small)
    ref = approved(small)
    small.work()
    assert small.shop("SELECT count(*) FROM customers") == 2
    assert EMAIL in small.subscribers()
    for source in ("shop", "mailing"):
        line = small.line(ref, source)
        assert line["outcome"] == "withheld"
        assert {k["ground"] for k in line["kept"]} == {"legal_claims"}


def test_a_hold_placed_after_the_approval_still_stops_the_erasing(small: Company) -> None:
    ref = approved(small)
    placed = hold(small)
    small.work()
    assert small.state(ref) == "action_failed"
    assert "A legal hold is in force" in small.view(ref)["next"]
    assert small.shop("SELECT email FROM customers WHERE id = 1") == EMAIL
    assert EMAIL in small.subscribers()
    lift(small, placed)
    small.act(ref, Event.RETRY)
    small.work()
    assert small.state(ref) == "assembling"
    assert EMAIL not in small.subscribers()
