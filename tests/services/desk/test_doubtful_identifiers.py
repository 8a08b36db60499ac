"""Staff is told of an identifier in doubt why it is, and what waits for the answer."""

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk.doubtful_identifiers import DoubtedIdentifier, in_doubt
from dsar.services.runtime.installation import reading
from dsar.store.tickets import by_ref
from tests.company import Company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.services.work.test_found_identifiers import BO, settle


def doubted(one: Company, ref: str) -> dict[str, DoubtedIdentifier]:
    with reading(one.installation) as session:
        return {found.value: found for found in in_doubt(session, by_ref(session, ref))}


@pytest.fixture
def contradicted(make: Make, desk: Script) -> tuple[Company, str]:
    """The shop and the desk give two numbers, for a copy and an erasure."""
    desk.records, desk.gives = [case("1")], (("customer_number", "K-9"),)
    one = make()
    ref = one.ask(Right.ACCESS, Right.RESTRICTION)
    one.work()
    return one, ref


def test_two_that_contradict_each_other_name_each_other(contradicted: tuple[Company, str]) -> None:
    found = doubted(*contradicted)
    assert {value: one.why for value, one in found.items()} == {
        "K-4711": ("desk gave another one",),
        "K-9": ("Web shop gave another one",),
    }
    assert {one.title for one in found.values()} == {"Web shop", "desk"}


def test_every_ticket_whose_search_stopped_there_is_named(
    contradicted: tuple[Company, str],
) -> None:
    """Both tickets of the request; in each, whichever of the two answered later stopped."""
    one, ref = contradicted
    other = f"{ref[:-1]}2"
    named = [found.waiting for found in doubted(one, other).values()]
    assert named == [found.waiting for found in doubted(one, ref).values()]
    assert {(waiting.ticket, waiting.again) for waiting in named[0]} == {(ref, True), (other, True)}
    assert {waiting.title for waiting in named[0]} <= {"desk", "Web shop"}


def test_what_is_settled_is_not_asked_again_and_still_speaks_for_the_rest(
    contradicted: tuple[Company, str],
) -> None:
    one, ref = contradicted
    settle(one, ref, "K-9", theirs=False)
    (left,) = doubted(one, ref).values()
    assert (left.value, left.why) == (
        "K-4711", ("desk gave another one, which is not this person's",),
    )  # fmt: skip
    settle(one, ref, "K-4711", theirs=True)
    assert doubted(one, ref) == {}


def test_whoever_proved_it_theirs_is_named_by_request(make: Make, desk: Script) -> None:
    one = make()
    bo = one.ask(Right.ACCESS, identifiers=BO)
    one.work()
    desk.records, desk.gives = [case("1")], (("customer_number", "K-4712"),)
    ref = one.ask(Right.ACCESS)
    one.work()
    (found,) = doubted(one, ref).values()
    assert found.why[0] == f"whoever sent {bo[:-2]} proved that it is theirs"


def test_two_people_in_one_answer_are_the_reason_where_nothing_else_is(
    make: Make, desk: Script
) -> None:
    desk.records = [case("1", subject="a"), case("2", subject="b")]
    desk.gives = (("email", "lotta@work.example"), ("email", "bo@work.example"))
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    reasons = {found.why for found in doubted(one, ref).values()}
    assert reasons == {("what desk found may be of more than one person",)}


def test_nothing_is_asked_once_every_ticket_has_ended(make: Make, desk: Script) -> None:
    desk.records, desk.gives = [case("1")], (("customer_number", "K-9"),)
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert doubted(one, ref)
    one.act(ref, Event.WITHDRAW)
    assert doubted(one, ref) == {}
