"""A source that returns another person's row is not believed: staff looks, in every right."""

from collections.abc import Sequence

import pytest

from dsar.domain.errors import NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import Batch, Receipt
from tests.company import EMAIL, Company
from tests.scripted import Script, case
from tests.services.conftest import Make

OTHER = "somebody.else@example.org"
RIGHTS = [Right.ACCESS, Right.PORTABILITY, Right.ERASURE, Right.RESTRICTION]


def filled(desk: Script) -> None:
    desk.records = [
        case("mine", data={"topic": "Login", "owner": EMAIL.upper()}),
        case("theirs", data={"topic": "Invoice", "owner": OTHER}),
        case("nobody", data={"topic": "Call"}),
    ]


def searched(one: Company, right: Right) -> str:
    ref = one.ask(right)
    one.work()
    return ref


@pytest.mark.parametrize("right", RIGHTS)
def test_it_is_held_until_a_person_has_looked(make: Make, desk: Script, right: Right) -> None:
    filled(desk)
    one = make()
    ref = searched(one, right)
    doubts = [row for row in one.view(ref)["doubts"] if row["code"] == "somebody_else"]
    assert [row["place"] for row in doubts] == ["desk.cases"]
    assert one.state(ref) == "in_review"
    with pytest.raises(NotAllowed, match="somebody else"):
        one.act(ref, Event.APPROVE)


def test_an_erasure_leaves_it_where_it_is(make: Make, desk: Script) -> None:
    filled(desk)
    one = make()
    ref = searched(one, Right.ERASURE)
    one.rule(ref, "desk.cases:theirs=keep:not_this_person")
    one.work()
    one.act(ref, Event.APPROVE)
    one.work()
    assert [record.key for record in desk.records] == ["theirs"]


def test_it_is_not_restricted_for_a_while_either(make: Make, desk: Script) -> None:
    """A general objection restricts what was found before anybody decides (Art. 18(1)(d))."""
    asked: list[str] = []

    def acting(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        asked.extend(item.key for item in batch.items if verb == "restrict")
        return script.act(verb, batch)

    filled(desk)
    desk.acting = acting
    searched(make(), Right.OBJECTION)
    assert asked == ["mine", "nobody"]
