"""A source given up is asked again after the end: what is new is handed over by itself."""

import json

import pytest

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import NeedsHuman
from dsar.services.desk.supplement import Gaps, gaps_of
from dsar.services.runtime.installation import reading, transaction
from dsar.services.upkeep.journal_proof import faults
from dsar.store.tickets import by_ref, request_of
from tests.company import EMAIL, Company, sources
from tests.scripted import Script
from tests.services.conftest import Make
from tests.services.supplemented import CLOSED, ask_again, ended, resumed


def test_the_supplement_asks_the_late_source_alone_and_hands_over_what_is_new(
    make: Make, desk: Script
) -> None:
    one = make()
    ref = ended(one, desk)
    late = ask_again(one, ref)
    one.work()
    assert [row["source"] for row in one.view(late)["coverage"]] == ["desk"]
    assert (one.state(late), one.line(late, "desk")["found"]) == ("in_review", 2)
    one.act(late, Event.APPROVE)
    one.work(render=True)
    one.act(late, Event.DELIVER)
    assert (one.state(late), one.state(ref)) == ("fulfilled", "partly_fulfilled")
    assert one.line(ref, "desk")["outcome"] == "could_not"  # what was told then stays told
    assert one.view(late)["due_on"] == one.view(ref)["due_on"]
    assert "received" not in one.letters(late)
    assert len(one.view(late)["bundles"]) == len(one.view(ref)["bundles"]) == 1


def test_the_history_of_both_says_so_without_personal_data(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk)
    late = ask_again(one, ref, reason=f"{EMAIL} told us")
    begun = [e for e in one.view(ref)["journal"] if e["event"] == "supplement_begun"]
    assert [entry["data"] for entry in begun] == [{"sources": ["desk"], "by": late}]
    first = one.view(late)["journal"][0]
    assert (first["event"], first["data"]["of"]) == ("supplement_begun", ref)
    assert EMAIL not in json.dumps(one.view(late)["journal"])
    with reading(one.installation) as session:
        assert list(faults(session)) == []


def test_a_late_erasure_is_done_in_the_late_source_alone(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk, Right.ERASURE)
    assert len(desk.records) == 2
    late = ask_again(one, ref, "desk")
    one.work()
    one.act(late, Event.APPROVE)
    one.work(render=True)
    assert desk.records == []
    assert one.line(late, "desk")["done"] == 2
    assert one.state(late) == "ready"


def test_what_has_no_gap_needs_no_supplement(make: Make, desk: Script) -> None:
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    with pytest.raises(NotAllowed, match=r"is in_review\. Only a partly fulfilled one"):
        ask_again(one, ref)


def test_a_supplement_is_refused_for_other_sources_twice_at_once_and_without_a_reason(
    make: Make, desk: Script
) -> None:
    one = make()
    ref = ended(one, desk)
    with pytest.raises(BadInput, match="reason: is missing"):
        ask_again(one, ref, reason=" ")
    with pytest.raises(BadInput, match=r"source: was not given up\. Name one of: desk"):
        ask_again(one, ref, "shop")
    late = ask_again(one, ref)
    with pytest.raises(NotAllowed, match=f"{late} supplements {ref} already"):
        ask_again(one, ref)
    one.act(late, Event.WITHDRAW)
    sources(one.folder, one.shop_url, {"desk": "Scripted"}, without="desk")
    one.reopen()
    with pytest.raises(NotAllowed, match=r"^desk is configured no more"):
        ask_again(one, ref)


def test_a_source_that_is_late_again_can_be_asked_once_more(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk)

    def closed(_script: Script, _checkpoint: str | None) -> None:
        raise NeedsHuman(CLOSED)

    desk.finding = closed
    late = ask_again(one, ref)
    one.work()
    one.act(late, Event.ACCEPT_GAP, reason="still closed")
    one.work()
    one.act(late, Event.APPROVE)
    one.work(render=True)
    one.act(late, Event.DELIVER_PART)
    desk.finding = Script().finding
    last = ask_again(one, late)
    assert gaps(one, ref).refused.startswith(f"{last} supplements {ref} already")
    one.work()
    assert one.line(last, "desk")["found"] == 2
    one.act(last, Event.APPROVE)
    one.work(render=True)
    one.act(last, Event.DELIVER)
    assert gaps(one, ref).refused == f"{last} has answered for what {ref} had given up."


def gaps(one: Company, ref: str) -> Gaps:
    with reading(one.installation) as session:
        return gaps_of(session, by_ref(session, ref))


def test_what_a_lifted_hold_set_going_again_is_not_asked_a_second_time(small: Company) -> None:
    ref, late = resumed(small)
    told = gaps(small, ref)
    assert told.given_up == told.missing == ()  # the hold kept it, which is no gap
    assert [(one.ref, one.sources) for one in told.supplements] == [(late, ("mailing", "shop"))]
    assert told.refused == f"{late} supplements {ref} already; see to that one first."
    with pytest.raises(NotAllowed, match=f"^{told.refused}$"):
        ask_again(small, ref)


def test_what_a_supplement_has_handed_over_is_asked_no_more(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk)
    late = ask_again(one, ref)
    one.work()
    one.act(late, Event.APPROVE)
    one.work(render=True)
    one.act(late, Event.DELIVER)
    told = gaps(one, ref)
    assert (told.given_up, told.missing) == (("desk",), ())
    with pytest.raises(NotAllowed, match=f"{late} has answered for what {ref} had given up"):
        ask_again(one, ref)
    with pytest.raises(NotAllowed, match=f"{late} has answered"):
        ask_again(one, ref, "desk")


def test_nothing_is_asked_for_a_person_who_was_forgotten(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk)
    with transaction(one.installation) as session:
        request = request_of(session, by_ref(session, ref))
        request.data_key = None
        session.add(request)
    assert "was forgotten" in gaps(one, ref).refused
    with pytest.raises(NotAllowed, match="was forgotten"):
        ask_again(one, ref)
