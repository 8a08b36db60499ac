"""An identifier that may be somebody else's is used for nothing until a person has settled it."""

import pytest

from dsar.domain.errors import BadInput, NotFound
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import identity
from dsar.services.runtime.installation import transaction
from dsar.store.tables import Identifier, Suppression
from dsar.store.tickets import request_by_ref
from tests.company import ANA, Company, sources
from tests.scripted import SCRIPTS, Script, case
from tests.services.conftest import Make

BO = (("email", "bo.berg@mail.example"), ("customer_number", "K-4712"))


def settle(one: Company, ref: str, value: str, *, theirs: bool, reason: str = "looked") -> None:
    with transaction(one.installation) as session:
        request = request_by_ref(session, ref.rpartition("-")[0])
        pair = ("customer_number", value)
        identity.settle(session, ANA, request, pair, theirs=theirs, reason=reason)


def numbers(one: Company) -> dict[str, int]:
    """How the customer numbers of Lotta's request are known."""
    found: dict[str, int] = {}
    for row in one.rows(Identifier):
        if row.kind == "customer_number":
            found[row.evidence] = found.get(row.evidence, 0) + 1
    return found


@pytest.fixture
def logs(make: Make, desk: Script) -> Company:
    """The company with a desk that gives numbers and web logs that are searched by them."""
    one = make()
    SCRIPTS["logs"] = Script([case("9")], needs=("customer_number",))
    sources(one.folder, one.shop_url, {"desk": "Scripted", "logs": "Scripted"})
    one.reopen()
    return one


def test_a_number_somebody_else_proved_to_be_theirs_stops_for_a_person(
    logs: Company, desk: Script
) -> None:
    logs.ask(Right.ACCESS, identifiers=BO)
    logs.work()
    desk.records, desk.gives = [case("1")], (("customer_number", "K-4712"),)
    ref = logs.ask(Right.ACCESS)
    logs.work()
    assert logs.state(ref) == "source_failed"
    reason = logs.line(ref, "desk")["reason"]
    assert reason == (
        "It gave a customer number that may be somebody else's. Say whose it is with "
        f"dsar request identifier {ref[:-2]}, then try again."
    )
    assert "K-4712" not in reason
    # Bo's accounts and visits were not searched for Lotta.
    assert logs.line(ref, "shop")["found"] == 3
    assert logs.line(ref, "logs")["found"] == 1  # by K-4711, which the shop vouches for


def test_two_people_in_the_source_of_a_number_stop_for_a_person(
    logs: Company, desk: Script
) -> None:
    """It found two people by one address, and gave the numbers of both."""
    desk.records = [case("1", subject="a"), case("2", subject="b")]
    desk.gives = (("customer_number", "K-4711"), ("customer_number", "K-4712"))
    ref = logs.ask(Right.ACCESS)
    logs.work()
    assert logs.state(ref) == "source_failed"
    assert numbers(logs)["unsettled"] == 2


def test_two_sources_that_contradict_each_other_stop_for_a_person(
    logs: Company, desk: Script
) -> None:
    desk.records, desk.gives = [case("1")], (("customer_number", "K-9"),)
    ref = logs.ask(Right.ACCESS)
    logs.work()
    assert logs.state(ref) == "source_failed"
    assert "may be somebody else's" in str(logs.view(ref)["next"])


def test_several_addresses_are_no_contradiction(make: Make, desk: Script) -> None:
    desk.records = [case("1")]
    desk.gives = (("email", "lotta@work.example"), ("email", "lotta@old.example"))
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "in_review"


def test_what_is_settled_as_theirs_is_searched_by_and_what_is_not_never(
    make: Make, desk: Script
) -> None:
    """The source behind it answered without the number; it is asked anew."""
    desk.records, desk.gives = [case("1")], (("customer_number", "K-9"), ("customer_number", "K-8"))
    one = make()
    SCRIPTS["logs"] = Script([case("9")], needs=("customer_number",))
    sources(one.folder, one.shop_url, {"desk": "Scripted", "logs": "Scripted"}, without="shop")
    one.reopen()
    one.ask(Right.ACCESS, identifiers=(("customer_number", "K-8"), ("email", "k@b.example")))
    one.work()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "source_failed"
    line = one.line(ref, "logs")
    assert (line["outcome"], line["found"]) == ("not_asked", 0)
    settle(one, ref, "K-8", theirs=False)
    one.act(ref, Event.RETRY)
    one.work()
    assert one.state(ref) == "in_review"
    assert one.line(ref, "logs")["found"] == 1
    assert one.events(ref).count("identifier_settled") == 1


def test_an_identifier_in_doubt_stops_again_until_it_is_settled(
    logs: Company, desk: Script
) -> None:
    desk.records, desk.gives = [case("1")], (("customer_number", "K-9"),)
    ref = logs.ask(Right.ACCESS)
    logs.work()
    logs.act(ref, Event.RETRY)
    logs.work()
    assert logs.state(ref) == "source_failed"
    assert numbers(logs) == {"unsettled": 2}
    settle(logs, ref, "K-4711", theirs=True)
    logs.act(ref, Event.RETRY)
    logs.work()
    assert logs.state(ref) == "source_failed"  # nobody has said what K-9 is
    settle(logs, ref, "K-9", theirs=False)
    logs.act(ref, Event.RETRY)
    logs.work()
    assert logs.state(ref) == "in_review"


def test_a_gap_is_accepted_without_using_it(logs: Company, desk: Script) -> None:
    desk.records, desk.gives = [case("1")], (("customer_number", "K-4712"),)
    logs.ask(Right.ACCESS, identifiers=BO)
    ref = logs.ask(Right.ERASURE)
    logs.work()
    logs.act(ref, Event.ACCEPT_GAP, reason="nobody knows")
    logs.work()
    logs.act(ref, Event.APPROVE)
    logs.work()
    assert "K-4712" in str(logs.shop("SELECT number FROM customers WHERE id = 2"))
    suppressed = {row.blind for row in logs.rows(Suppression)}
    assert logs.installation.vault.blind("customer_number", "K-4712") not in suppressed


def test_settling_is_refused_without_a_reason_or_a_doubt(logs: Company, desk: Script) -> None:
    ref = logs.ask(Right.ACCESS)
    with pytest.raises(BadInput, match="reason: is missing"):
        settle(logs, ref, "K-9", theirs=True, reason=" ")
    with pytest.raises(NotFound, match="No such customer number"):
        settle(logs, ref, "K-9", theirs=True)
