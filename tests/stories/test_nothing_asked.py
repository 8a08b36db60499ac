"""A request whose identifiers no source searches by is kept, says so, and is never called fulfilled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import ENDS, Event, State
from dsar.domain.rights import Right
from dsar.services.desk import further_identifiers
from dsar.services.runtime.installation import transaction
from dsar.store.tickets import by_ref
from tests.company import ANA, BEN, EMAIL, Company, company
from tests.stories.bundles import checked, report
from workers.run_here import run_until_idle

#: The typing error: our sources know a person by `email`.
MISTYPED = (("mail", EMAIL),)


@pytest.fixture
def one(tmp_path: Path, tables_url: str) -> Iterator[Company]:
    """The company with the settings as they come, on either database."""
    with company(tmp_path, tables_url, review="") as made:
        yield made


def asked(one: Company, *rights: Right) -> str:
    ref = one.ask(*rights, identifiers=MISTYPED)
    run_until_idle(one.installation)
    return ref


def supplement(
    one: Company, ref: str, *pairs: tuple[str, str], reason: str = "on the phone"
) -> None:
    with transaction(one.installation) as session:
        further_identifiers.add(session, ANA, by_ref(session, ref), pairs, reason=reason)


def hindered(one: Company, ref: str) -> dict[str, Any]:
    found: dict[str, Any] = one.view(ref)["hindrance"]
    return found


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_it_waits_for_staff_and_says_by_what_each_source_searches(
    one: Company, right: Right
) -> None:
    ref = asked(one, right)
    view = one.view(ref)
    assert (view["state"], view["owner"]) == ("nobody_found", "staff")
    assert view["hindrance"]["code"] == "nothing_asked"
    for words in ("mail", "Web shop", "customer_number", "email", "Mailing list"):
        assert words in view["hindrance"]["text"], words
        assert words in view["next"], words
    assert EMAIL not in view["next"]
    assert {row["outcome"] for row in view["coverage"]} == {"not_asked"}
    assert {row["searched_at"] for row in view["coverage"]} == {None}
    assert (view["sources"], view["sources_answered"]) == (0, 0)
    assert view["bundles"] == []


def test_it_is_said_as_soon_as_the_request_is_filed(one: Company) -> None:
    ref = f"{one.file(Right.ACCESS, identifiers=MISTYPED)}-1"
    assert one.state(ref) == "received"
    assert hindered(one, ref)["code"] == "nothing_asked"
    assert "Mailing list" in one.view(ref)["next"]


def test_an_identifier_that_some_source_searches_by_hinders_nothing(one: Company) -> None:
    ref = f"{one.file(Right.ACCESS, identifiers=(*MISTYPED, ('email', EMAIL)))}-1"
    assert hindered(one, ref) is None


#: What can be done with it that is no answer, or says why there is none.
HARMLESS = {
    Event.EXTEND, Event.REFUSE, Event.WITHDRAW, Event.SEARCH_ANEW, Event.ASK_IDENTIFIERS,
}  # fmt: skip


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_nobody_can_call_it_fulfilled(one: Company, right: Right) -> None:
    ref = asked(one, right)
    for event in Event:
        if event not in HARMLESS:
            with pytest.raises(NotAllowed):
                one.act(ref, event, by=BEN)
    assert one.state(ref) == "nobody_found"


def test_the_right_identifier_lets_an_access_go_on_to_its_end(one: Company) -> None:
    ref = asked(one, Right.ACCESS)
    supplement(one, ref, ("email", EMAIL))
    run_until_idle(one.installation)
    assert one.state(ref) == "fulfilled"
    assert hindered(one, ref) is None
    told = report(checked_of(one, ref))
    assert "Storgatan 5" in told
    assert "identifiers_added" in one.events(ref)
    assert EMAIL not in str(one.view(ref)["journal"])


def checked_of(one: Company, ref: str) -> Path:
    path = one.bundle(ref)
    checked(path)
    return path


def test_the_right_identifier_lets_an_erasure_go_on_to_its_end(one: Company) -> None:
    ref = asked(one, Right.ERASURE)
    supplement(one, ref, ("email", EMAIL))
    run_until_idle(one.installation)
    assert one.state(ref) == "in_review"
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    assert State(one.state(ref)) in ENDS
    assert one.shop(f"SELECT count(*) FROM customers WHERE email = '{EMAIL}'") == 0


def test_every_ticket_of_the_request_goes_on_with_it(one: Company) -> None:
    ref = asked(one, Right.ACCESS, Right.PORTABILITY)
    supplement(one, ref, ("email", EMAIL))
    run_until_idle(one.installation)
    assert {one.state(t.ref) for t in one.tickets(ref.rpartition("-")[0])} <= {
        "fulfilled", "partly_fulfilled",
    }  # fmt: skip


def test_an_identifier_is_added_with_a_reason_only(one: Company) -> None:
    ref = asked(one, Right.ACCESS)
    with pytest.raises(BadInput, match="reason"):
        supplement(one, ref, ("email", EMAIL), reason=" ")
    with pytest.raises(BadInput, match="identifier"):
        supplement(one, ref)


def test_an_identifier_of_a_kind_no_source_knows_is_named_again(one: Company) -> None:
    ref = asked(one, Right.ACCESS)
    supplement(one, ref, ("telefon", "+46701740605"))
    run_until_idle(one.installation)
    assert one.state(ref) == "nobody_found"
    assert "telefon" in hindered(one, ref)["text"]


def test_nothing_is_added_to_an_ended_ticket(one: Company) -> None:
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    assert State(one.state(ref)) in ENDS
    with pytest.raises(NotAllowed, match="new request"):
        supplement(one, ref, ("phone", "+46701740605"))


def test_it_can_be_withdrawn_and_refused(one: Company) -> None:
    ref = asked(one, Right.ACCESS)
    one.act(ref, Event.WITHDRAW)
    assert one.state(ref) == "withdrawn"
    ref = asked(one, Right.ACCESS)
    one.act(ref, Event.REFUSE, ground="not_identifiable")
    assert one.state(ref) == "refused"
