"""What is shown of a gap follows from what happened; whether it can be asked again, from the desk."""

from datetime import timedelta

from dsar.domain.lifecycle import Event, State
from dsar.services.runtime.installation import reading
from dsar.services.views.supplements import LinkedTicket, SupplementView, supplement_view
from dsar.store.tickets import by_ref
from tests.company import START, Company, sources
from tests.scripted import Script
from tests.services.conftest import Make
from tests.services.supplemented import CLOSED, ask_again, ended, resumed


def told(one: Company, ref: str) -> SupplementView:
    with reading(one.installation) as session:
        return supplement_view(session, by_ref(session, ref))


def test_a_gap_says_why_since_when_and_who_gave_it_up(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk, later=timedelta(hours=3))
    (gap,) = told(one, ref).gaps
    assert (gap.source, gap.reason, gap.by, gap.asked_again) == ("desk", CLOSED, "ben", ())
    assert (gap.since, gap.given_up_at) == (START, START + timedelta(hours=3))
    assert (told(one, ref).askable, told(one, ref).refused) == (("desk",), "")


def test_both_ends_of_a_supplement_are_linked(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk)
    late = ask_again(one, ref)
    first, second = told(one, ref), told(one, late)
    assert first.gaps[0].asked_again == (LinkedTicket(late, State.COLLECTING),)
    assert (second.of, second.gaps) == (LinkedTicket(ref, State.PARTLY_FULFILLED), ())
    assert second.asks == (one.installation.sources["desk"].title,)


def test_what_a_lifted_hold_set_going_again_is_linked_too_and_not_offered(small: Company) -> None:
    ref, late = resumed(small)
    first, second = told(small, ref), told(small, late)
    assert {link.ref for gap in first.gaps for link in gap.asked_again} == {late}
    assert (first.askable, first.refused) == ((), "")
    assert all("a legal hold is in force" in gap.reason for gap in first.gaps)
    assert second.of is not None
    assert (second.of.ref, second.asks) == (ref, ("Mailing list", "Web shop"))


def test_what_a_supplement_has_handed_over_is_neither_offered_nor_refused(
    make: Make, desk: Script
) -> None:
    one = make()
    ref = ended(one, desk)
    late = ask_again(one, ref)
    one.work()
    one.act(late, Event.APPROVE)
    one.work(render=True)
    one.act(late, Event.DELIVER)
    assert (told(one, ref).askable, told(one, ref).refused) == ((), "")


def test_a_source_that_is_configured_no_more_is_not_offered(make: Make, desk: Script) -> None:
    one = make()
    ref = ended(one, desk)
    sources(one.folder, one.shop_url, {"desk": "Scripted"}, without="desk")
    one.reopen()
    assert told(one, ref).askable == ()
    assert told(one, ref).refused.startswith("desk is configured no more.")
