"""The one door: what is refused says why and changes nothing; what happens is written down."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from dsar.domain.errors import BadInput, DsarError, NotAllowed
from dsar.domain.lifecycle import Event, State
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.runtime.actor import SYSTEM, Actor
from dsar.services.runtime.installation import reading, transaction
from dsar.services.upkeep import journal_proof
from dsar.store.tables import JournalEntry, Letter, Task, Ticket
from tests.company import ANA, BEN, Company


def snapshot(small: Company) -> Any:
    """Everything a refused event must leave as it was."""
    return (
        [(t.state, t.version, t.journal_seq, t.clock_events) for t in small.rows(Ticket)],
        sorted(entry.digest for entry in small.rows(JournalEntry)),
        sorted(letter.id for letter in small.rows(Letter)),
        sorted((task.id, task.state) for task in small.rows(Task)),
    )


def refused(small: Company, ref: str, event: Event, **because: Any) -> str:
    before = snapshot(small)
    with pytest.raises(DsarError) as error:
        small.act(ref, event, **because)
    assert snapshot(small) == before
    return str(error.value)


def test_what_is_not_possible_says_what_is(small: Company) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    said = refused(small, ref, Event.APPROVE)
    assert said.startswith(f"approve is not possible while {ref} is received. Possible now: ")
    assert "confirm_identity" in said


def test_staff_cannot_do_what_only_the_engine_may(small: Company) -> None:
    ref = small.ask(Right.ACCESS)
    assert small.state(ref) == "collecting"
    said = refused(small, ref, Event.SOURCES_ANSWERED)
    assert said == f"sources_answered of {ref} is for system to do, not for staff."


def test_the_engine_cannot_withdraw_for_the_person(small: Company) -> None:
    ref = small.ask(Right.ACCESS)
    assert "for person to do" in refused(small, ref, Event.WITHDRAW, by=SYSTEM)


@pytest.mark.parametrize("event", [Event.ASK_IDENTITY, Event.CONFIRM_IDENTITY])
def test_what_must_be_reasoned_is_refused_without_a_reason(small: Company, event: Event) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    assert "Give the reason" in refused(small, ref, event, reason=" ")


def test_each_step_raises_the_version_and_leaves_one_entry(small: Company) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    small.act(ref, Event.ASK_IDENTITY, by=ANA, reason="new address")
    view = small.view(ref)
    assert view["state"] == "awaiting_identity"
    entry = view["journal"][-1]
    assert (entry["event"], entry["actor"]) == ("ask_identity", "staff:ana")
    assert (entry["data"]["from"], entry["data"]["to"]) == ("received", "awaiting_identity")
    assert "new address" not in str(entry)
    assert entry["data"]["reason_mark"]
    (ticket,) = small.rows(Ticket)
    assert (ticket.version, ticket.journal_seq) == (2, 2)
    assert "new address" in small.letters(ref)["ask_identity"]


def test_confirming_starts_the_search_of_every_source_in_the_same_step(either: Company) -> None:
    ref = either.ask(Right.ACCESS)
    assert either.events(ref) == ["received", "confirm_identity", "accept", "start"]
    assert {(t.kind, t.source) for t in either.rows(Task)} == {
        ("search", "shop"),
        ("search", "mailing"),
    }
    assert {row["source"] for row in either.view(ref)["coverage"]} == {"shop", "mailing"}
    assert "accepted" in either.letters(ref)


def test_a_letter_without_what_it_must_say_fails_the_step_and_changes_nothing(
    small: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal without a word on complaint or court cannot leave, so it cannot happen."""
    ref = small.ask(Right.ACCESS)
    law = regimes.load("eu_gdpr")
    ground = next(iter(law.refusal.grounds))
    from dataclasses import replace

    silent = replace(law, complaint=replace(law.complaint, text=""))
    monkeypatch.setattr(regimes, "load", lambda _regime: silent)
    before = snapshot(small)
    with pytest.raises(NotAllowed, match="refused must not leave without its remedy"):
        small.act(ref, Event.REFUSE, ground=ground, reason="asked five times")
    assert snapshot(small) == before


def test_a_refusal_needs_a_ground_of_the_law_and_tells_the_person_how_to_complain(
    small: Company,
) -> None:
    ref = small.ask(Right.ACCESS)
    law = regimes.load("eu_gdpr")
    ground = next(iter(law.refusal.grounds))
    assert ground in refused(small, ref, Event.REFUSE, ground="dislike")
    assert "Give the reason" in refused(small, ref, Event.REFUSE, ground=ground, reason="")
    small.act(ref, Event.REFUSE, ground=ground, reason="asked five times this week")
    text, citation = small.letters(ref)["refused"], law.refusal.grounds[ground].citation
    for words in ("asked five times", citation, law.complaint.text):
        assert words in text
    assert small.view(ref)["journal"][-1]["data"]["because"] == ground


@pytest.mark.parametrize("event", [Event.WITHDRAW, Event.REFUSE])
def test_an_ended_ticket_has_no_open_work_and_nothing_leads_on(
    either: Company, event: Event
) -> None:
    ref = either.ask(Right.ACCESS)
    ground = next(iter(regimes.load("eu_gdpr").refusal.grounds))
    either.act(ref, event, ground=ground if event is Event.REFUSE else "")
    assert {task.state for task in either.rows(Task)} == {"cancelled"}
    assert either.work() == 0
    assert either.view(ref)["possible"] == []
    assert "It has ended" in refused(either, ref, Event.WITHDRAW)


def test_a_withdrawal_of_consent_cannot_be_refused(small: Company) -> None:
    ref = f"{small.file(Right.CONSENT_WITHDRAWAL)}-1"
    assert "not possible" in refused(small, ref, Event.REFUSE, ground="refusal_excessive")


def test_an_objection_to_marketing_cannot_be_refused_a_general_one_can(small: Company) -> None:
    ground = next(iter(regimes.load("eu_gdpr").refusal.grounds))
    marketing = f"{small.file(Right.OBJECTION, purposes=('newsletter',))}-1"
    assert "cannot be refused" in refused(small, marketing, Event.REFUSE, ground=ground)
    general = f"{small.file(Right.OBJECTION)}-1"
    small.act(general, Event.REFUSE, ground=ground)
    assert small.state(general) == "refused"


def test_an_extension_told_in_time_moves_the_date_and_tells_the_person(either: Company) -> None:
    ref = f"{either.file(Right.ACCESS)}-1"
    before = either.view(ref)["due_on"]
    either.clock.turn(days=20)
    either.act(ref, Event.EXTEND, reason="many sources", months=2)
    view = either.view(ref)
    assert view["due_on"] > before
    assert view["state"] == "received"
    assert view["journal"][-1]["data"]["due"] == view["due_on"]
    assert "many sources" in either.letters(ref)["extended"]
    assert "one extension only" in refused(either, ref, Event.EXTEND, reason="again", months=2)


def test_an_extension_told_late_has_no_effect(small: Company) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    small.clock.turn(days=45)
    assert "a late one has no effect" in refused(small, ref, Event.EXTEND, reason="late")


@pytest.mark.parametrize("length", [{"months": 12}, {"months": 0}, {"months": -1}, {"days": 900}])
def test_an_extension_longer_than_the_law_allows_is_refused(
    small: Company, length: dict[str, int]
) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    assert refused(small, ref, Event.EXTEND, reason="why not", **length)


def test_an_extension_reranks_the_work_that_is_under_way(either: Company) -> None:
    ref = either.ask(Right.ACCESS)
    either.act(ref, Event.EXTEND, reason="many sources", months=2)
    (ticket,) = either.rows(Ticket)
    assert {task.rank for task in either.rows(Task)} == {ticket.due_at}


def test_a_ticket_that_waits_lapses_visibly_and_late_proof_revives_it(small: Company) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    small.act(ref, Event.ASK_IDENTITY, reason="unknown address")
    small.act(ref, Event.REMIND, by=SYSTEM)
    small.act(ref, Event.LAPSE, by=SYSTEM)
    assert small.view(ref)["next"]
    small.clock.turn(days=100)
    small.confirm(ref.removesuffix("-1"))
    view = small.view(ref)
    assert view["state"] == "collecting"
    assert view["due_on"] > (small.clock.now + timedelta(days=20)).date().isoformat()


def test_an_unknown_ground_on_a_letter_is_refused_by_name(small: Company) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    with pytest.raises(BadInput, match="ground"):
        small.act(ref, Event.ASK_IDENTITY, ground="no_such_ground")


def test_a_change_behind_the_engines_back_is_found_and_named(either: Company) -> None:
    ref = either.ask(Right.ACCESS)
    with transaction(either.installation) as session:
        session.execute(
            update(JournalEntry).where(col(JournalEntry.seq) == 2).values(actor="staff:eve")
        )
    with reading(either.installation) as session:
        (fault,) = journal_proof.faults(session)
    assert (fault.ticket, fault.seq) == (ref, 2)


def test_a_tail_removed_behind_the_engines_back_is_found(small: Company) -> None:
    ref = small.ask(Right.ACCESS)
    with transaction(small.installation) as session:
        session.execute(delete(JournalEntry).where(col(JournalEntry.seq) >= 3))
    with reading(small.installation) as session:
        (fault,) = journal_proof.faults(session)
    assert (fault.ticket, fault.seq) == (ref, 3)


def test_an_untouched_house_has_no_fault(either: Company) -> None:
    either.ask(Right.ACCESS, Right.ERASURE)
    either.work()
    with reading(either.installation) as session:
        assert list(journal_proof.faults(session)) == []
        assert journal_proof.counted(session) > 5


@pytest.mark.parametrize("by", [BEN, Actor(BEN.by, "ana")])
def test_the_journal_names_who_acted(small: Company, by: Actor) -> None:
    ref = f"{small.file(Right.ACCESS)}-1"
    small.act(ref, Event.ASK_IDENTITY, by=by, reason="unknown")
    assert small.view(ref)["journal"][-1]["actor"] == str(by)


def test_states_are_those_of_the_table(small: Company) -> None:
    ref = small.ask(Right.ACCESS)
    assert State(small.state(ref)) is State.COLLECTING
