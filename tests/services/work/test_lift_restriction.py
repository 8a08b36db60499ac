"""A restriction ends when staff says so, after the person was told, with a receipt of each source."""

from collections.abc import Sequence

import pytest

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.records import Done
from dsar.domain.rights import Right
from dsar.sdk import Batch, Receipt
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import reading, transaction
from dsar.services.upkeep.journal_proof import faults
from dsar.services.work import lift_restriction
from dsar.store import pages
from dsar.store.row_states import PageRole
from dsar.store.tables import Letter
from dsar.store.tasks import stuck
from dsar.store.tickets import by_ref, request_of
from tests.company import BEN, EMAIL, Company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.services.work.approved import acts

WHY = "The address was checked and is right."
BOTH = "SELECT count(*) FROM customers WHERE restricted = 1"


def announce(one: Company, ref: str, reason: str = WHY) -> list[str]:
    with transaction(one.installation) as session:
        return lift_restriction.announce(session, BEN, by_ref(session, ref), reason=reason)


def told(one: Company, ref: str) -> None:
    with transaction(one.installation) as session:
        lift_restriction.told(session, BEN, by_ref(session, ref))


def retry(one: Company, ref: str) -> int:
    with transaction(one.installation) as session:
        return lift_restriction.retry(session, BEN, by_ref(session, ref))


def by_hand(one: Company, ref: str, source: str, reason: str = "Ana freed them there.") -> None:
    with transaction(one.installation) as session:
        lift_restriction.by_hand(session, BEN, by_ref(session, ref), source, reason=reason)


def lifted(one: Company, ref: str) -> None:
    announce(one, ref)
    told(one, ref)
    one.work()


def restricted(one: Company) -> str:
    """A request for restriction that was fulfilled."""
    ref = one.ask(Right.RESTRICTION)
    one.work(render=True)
    one.work()
    if one.state(ref) == "ready":
        one.act(ref, Event.DELIVER)
    assert one.state(ref) == "fulfilled"
    return ref


def contested(one: Company) -> str:
    """An objection that restricted at once and was withdrawn."""
    ref = one.ask(Right.OBJECTION, purposes=("scoring",))
    one.work()
    one.act(ref, Event.WITHDRAW)
    return ref


def marks(one: Company) -> tuple[object, bool]:
    return one.shop(BOTH), ",yes,yes" in one.subscribers()


def test_a_restriction_ends_in_every_source_once_the_person_was_told(either: Company) -> None:
    ref = restricted(either)
    assert marks(either) == (1, True)
    assert announce(either, ref) == ["mailing", "shop"]
    either.work()
    assert marks(either) == (1, True)  # the letter is written, nobody has sent it yet
    told(either, ref)
    either.work()
    assert marks(either) == (0, False)
    assert either.shop("SELECT count(*) FROM invoices WHERE restricted = 1") == 0
    assert either.state(ref) == "fulfilled"  # ends stay ends
    with reading(either.installation) as session:
        assert list(faults(session)) == []


def test_the_letter_of_art_18_3_is_written_once_and_before_any_source_is_asked(
    small: Company,
) -> None:
    ref = restricted(small)
    announce(small, ref)
    assert WHY in small.letters(ref)["restriction_ends"]
    assert {t["state"] for t in small.view(ref)["tasks"] if t["kind"] == "lift"} == {"blocked"}
    assert "The person is told first" in small.view(ref)["next"]
    told(small, ref)
    small.work()
    assert [row.kind for row in small.rows(Letter)].count("restriction_ends") == 1
    assert small.view(ref)["next"] == ""


def test_receipts_and_the_history_prove_what_ended_where_and_name_nobody(small: Company) -> None:
    ref = restricted(small)
    lifted(small, ref)
    events = {e["event"]: e for e in small.view(ref)["journal"]}
    said = [e["data"] for e in small.view(ref)["journal"] if e["event"] == "source_lifted"]
    assert sorted(said, key=lambda one: one["source"]) == [
        {"source": "mailing", "lifted": 1},
        {"source": "shop", "lifted": 3},
    ]
    assert events["restriction_lifted"]["data"] == {"sources": 2}
    assert WHY not in str(small.view(ref)["journal"])
    assert EMAIL not in str(small.view(ref)["journal"])
    with reading(small.installation) as session:
        ticket = by_ref(session, ref)
        sheets = pages.refs(session, ticket.id, role=PageRole.LIFTED)
    seal = record_pages.seal_for(small.installation, ticket.id)
    rows = [
        row for _, found in record_pages.opened(small.installation, seal, sheets) for row in found
    ]
    assert sum(record_pages.receipt_parts(row)[0] == Done.LIFTED for row in rows) == 4


def test_what_was_contested_is_freed_after_its_end(small: Company) -> None:
    ref = small.ask(Right.OBJECTION, purposes=("scoring",))
    small.work()
    assert marks(small) == (1, True)
    with pytest.raises(NotAllowed, match="is in_review: it stays restricted"):
        announce(small, ref)
    small.act(ref, Event.WITHDRAW)
    lifted(small, ref)
    assert marks(small) == (0, False)


def test_nothing_is_lifted_unannounced_without_a_reason_or_where_nothing_was_restricted(
    small: Company,
) -> None:
    ref, copy = contested(small), small.ask(Right.ACCESS)
    small.act(copy, Event.WITHDRAW)
    with pytest.raises(NotAllowed, match="restricted nothing"):
        announce(small, copy)
    with pytest.raises(BadInput, match="reason: is missing"):
        announce(small, ref, " ")
    with pytest.raises(NotAllowed, match="told before it is lifted"):
        told(small, ref)
    assert marks(small) == (1, True)


def test_saying_it_twice_does_nothing_twice(small: Company) -> None:
    ref = contested(small)
    lifted(small, ref)
    with pytest.raises(NotAllowed, match="announced before"):
        announce(small, ref)
    with pytest.raises(NotAllowed, match="was said before"):
        told(small, ref)
    with pytest.raises(NotAllowed, match="No source of"):
        retry(small, ref)
    assert small.work() == 0
    assert small.events(ref).count("restriction_lifted") == 1


def test_what_another_ticket_restricts_too_stays_until_that_is_lifted(small: Company) -> None:
    first, second = restricted(small), contested(small)
    lifted(small, first)
    assert marks(small) == (1, True)
    assert {"source": "shop"} in [e["data"] for e in small.view(first)["journal"]]
    lifted(small, second)
    assert marks(small) == (0, False)


def test_somebody_elses_restriction_is_left_alone(small: Company) -> None:
    other = small.file(Right.RESTRICTION, identifiers=(("email", "bo.berg@mail.example"),))
    small.confirm(other)
    small.work(render=True)
    lifted(small, contested(small))
    assert small.shop("SELECT id FROM customers WHERE restricted = 1") == 2


def test_an_adapter_that_cannot_lift_says_so_and_a_person_does_it_by_hand(
    make: Make, desk: Script
) -> None:
    desk.records = [case("1")]
    one = make("NoLifting")
    ref = restricted(one)
    lifted(one, ref)
    assert "cannot end a restriction; end it there by hand" in one.view(ref)["next"]
    assert "lift" not in acts(desk)
    with reading(one.installation) as session:
        assert stuck(session) == {"waiting_human": 1}  # doctor tells of it although it has ended
    assert "restriction_lifted" not in one.events(ref)
    with pytest.raises(BadInput, match="Those that do: desk"):
        by_hand(one, ref, "shop")
    with pytest.raises(BadInput, match="reason"):
        by_hand(one, ref, "desk", "")
    by_hand(one, ref, "desk")
    assert one.events(ref)[-2:] == ["lifted_by_hand", "restriction_lifted"]
    assert one.view(ref)["next"] == ""


def test_what_fails_is_named_and_tried_again_from_where_it_stood(make: Make, desk: Script) -> None:
    desk.records = [case("1"), case("2")]
    one = make()
    ref = restricted(one)

    def locked_there(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        assert verb == "lift"
        return [Receipt("cases", i.key, Done.FAILED, "It is locked.") for i in batch.items]

    desk.acting = locked_there
    lifted(one, ref)
    assert "desk: 2 of 2 cases: It is locked." in one.view(ref)["next"]
    desk.acting = None
    assert retry(one, ref) == 1
    one.work()
    assert (acts(desk)[-2:], one.view(ref)["next"]) == (["lift", "lift"], "")
    assert one.events(ref)[-2:] == ["source_lifted", "restriction_lifted"]


def test_a_source_that_was_given_up_waits_for_whoever_restricted_there_by_hand(
    make: Make, desk: Script
) -> None:
    desk.records = [case("1")]
    one = make("LooksOnly")
    ref = one.ask(Right.RESTRICTION)
    one.work()
    one.act(ref, Event.ACCEPT_GAP, reason="done by hand")
    one.work(render=True)
    one.work()
    one.act(ref, Event.DELIVER_PART)
    lifted(one, ref)
    assert marks(one) == (0, False)
    assert "freed there by hand" in one.view(ref)["next"]
    by_hand(one, ref, "desk")
    assert one.events(ref)[-1] == "restriction_lifted"


def test_what_another_ticket_restricts_and_cannot_be_read_any_more_is_not_freed(
    small: Company,
) -> None:
    """It fails closed: nobody knows what must stay restricted, so a person looks."""
    other, ref = restricted(small), restricted(small)
    with transaction(small.installation) as session:
        request_of(session, by_ref(session, other)).data_key = None
    lifted(small, ref)
    assert marks(small) == (1, True)
    [waiting] = {t["reason"] for t in small.view(ref)["tasks"] if t["kind"] == "lift"}
    assert f"What {other} restricts for the same person cannot be read" in waiting
