"""Nothing is erased under a legal hold, whenever it was placed; once it falls, what it kept is."""

from sqlmodel import select

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.services.desk import holds
from dsar.services.desk.holds import resume_late
from dsar.services.law import clock
from dsar.services.runtime.installation import reading, transaction
from dsar.services.upkeep.journal_proof import faults
from dsar.store.tables import Letter, Request
from dsar.store.tickets import by_ref
from tests.company import EMAIL, Company, sources
from tests.services.work.approved import approved
from tests.stories.bundles import report


def hold(one: Company) -> str:
    with transaction(one.installation) as session:
        placed = holds.place(session, "ben", kind="email", value=EMAIL, reason="A claim.")
        return placed.id


def lift(one: Company, hold_id: str) -> None:
    with transaction(one.installation) as session:
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


# --- what follows when it falls -------------------------------------------------------------------


def lifted(one: Company, hold_id: str) -> holds.HoldEnd:
    with transaction(one.installation) as session:
        return holds.lift(session, hold_id, "ben")


def ended(one: Company, ref: str) -> str:
    """The ticket, once its answer was handed over."""
    one.work(render=True)
    one.work()
    one.act(ref, Event.DELIVER_PART)
    assert one.state(ref) == "partly_fulfilled"
    return ref


def finished(one: Company, ref: str) -> None:
    """Approves a supplement and hands over what came of it."""
    one.work()
    one.act(ref, Event.APPROVE)
    one.work(render=True)
    one.work()
    one.act(ref, Event.DELIVER_PART)  # the invoice of 2024 stays: tax law, not the hold


def test_when_the_hold_falls_what_it_kept_is_erased_once_somebody_approved(
    either: Company,
) -> None:
    placed = hold(either)
    ref = ended(either, approved(either))
    either.clock.turn(days=200)
    told = lifted(either, placed)
    (late,) = told.resumed
    assert late == ref.removesuffix("-1") + "-2"
    either.work()
    assert either.state(late) == "in_review"
    assert either.shop("SELECT email FROM customers WHERE id = 1") == EMAIL
    finished(either, late)
    assert either.shop("SELECT email FROM customers WHERE id = 1") != EMAIL
    assert EMAIL not in either.subscribers()
    (kept,) = [entry for row in either.view(late)["coverage"] for entry in row["kept"]]
    assert (kept["because"], kept["count"]) == ("Tax law.", 1)
    assert either.state(ref) == "partly_fulfilled"
    assert {row["outcome"] for row in either.view(ref)["coverage"]} == {"withheld"}


def test_it_is_due_at_once_by_no_day_and_never_called_overdue(small: Company) -> None:
    """Art. 17(1) says "without undue delay"; the month of Art. 12(3) was that of the answer."""
    placed = hold(small)
    ended(small, approved(small))
    small.clock.turn(days=200)
    (late,) = lifted(small, placed).resumed
    view = small.view(late)
    assert (view["due_on"], view["overdue"], view["clock_state"]) == (None, False, "at_once")
    assert view["picture"] == ""
    finished(small, late)
    told = report(small.bundle(late))
    assert "18 September 2026" in told  # the day the hold fell
    assert "1 month from" not in told
    with transaction(small.installation) as session:
        ticket = by_ref(session, late)
        clock.wind(session, ticket, small.clock.now)  # as any later event of the clock does
        assert ticket.due_at == small.clock.now
        assert (ticket.due_on, ticket.clock["act_at_once"] is None) == (None, False)


def test_the_history_of_both_names_the_hold_and_nobody(small: Company) -> None:
    placed = hold(small)
    ref = ended(small, approved(small))
    (late,) = lifted(small, placed).resumed
    (entry,) = [e for e in small.view(ref)["journal"] if e["event"] == "erasure_resumed"]
    assert entry["data"] == {"sources": ["mailing", "shop"], "hold": placed, "by": late}
    assert entry["actor"] == "staff:ben"
    assert small.view(late)["journal"][0]["data"]["of"] == ref
    assert EMAIL not in str(small.view(late)["journal"])
    with reading(small.installation) as session:
        assert list(faults(session)) == []


def test_a_hold_lifted_twice_or_set_again_erases_nothing_twice(small: Company) -> None:
    first = hold(small)
    ref = ended(small, approved(small))
    (late,) = lifted(small, first).resumed
    again = hold(small)  # before anybody approved
    small.work()
    small.act(late, Event.APPROVE)
    ended(small, late)
    assert EMAIL in small.subscribers()
    told = lifted(small, again)
    assert len(told.resumed) == 1  # the supplement goes on, the first ticket was asked before
    finished(small, told.resumed[0])
    assert EMAIL not in small.subscribers()
    assert lifted(small, hold(small)).resumed == ()
    assert resume_late(small.installation) == 0
    letters = [one.kind for one in small.rows(Letter)]
    assert letters.count("partly_delivered") == len(small.tickets(ref.removesuffix("-1"))) == 3


def test_while_another_hold_is_in_force_nothing_is_opened(small: Company) -> None:
    first, second = hold(small), hold(small)
    ended(small, approved(small))
    assert lifted(small, first).resumed == ()
    assert len(lifted(small, second).resumed) == 1


def test_a_hold_on_somebody_else_opens_nothing(small: Company) -> None:
    hold(small)
    ended(small, approved(small))
    with transaction(small.installation) as session:
        other = holds.place(session, "ben", kind="email", value="bo@mail.example", reason="A.").id
    assert lifted(small, other) == holds.HoldEnd(other)


def test_what_is_still_in_review_is_decided_anew(small: Company) -> None:
    placed = hold(small)
    ref = small.ask(Right.ERASURE)
    small.work()
    assert small.line(ref, "mailing")["outcome"] == "withheld"
    assert lifted(small, placed).decided_anew == (ref,)
    small.work()
    assert small.line(ref, "mailing")["kept"] == []
    small.act(ref, Event.APPROVE)
    small.work()
    assert EMAIL not in small.subscribers()


def test_a_ticket_that_was_past_its_review_when_the_hold_fell_is_resumed_at_its_end(
    small: Company,
) -> None:
    placed = hold(small)
    ref = approved(small)
    assert lifted(small, placed) == holds.HoldEnd(placed)
    assert resume_late(small.installation) == 0
    ended(small, ref)
    assert [resume_late(small.installation), resume_late(small.installation)] == [1, 0]
    finished(small, ref.removesuffix("-1") + "-2")
    assert EMAIL not in small.subscribers()


def test_a_source_given_up_because_of_a_hold_is_due_too(small: Company) -> None:
    ref = approved(small)
    placed = hold(small)
    small.work()
    small.act(ref, Event.ACCEPT_GAP, reason="the claim goes on")
    ended(small, ref)
    (late,) = lifted(small, placed).resumed
    assert {row["source"] for row in small.view(late)["coverage"]} == {"mailing", "shop"}


def test_what_staff_ruled_about_a_record_holds_on_in_the_supplement(small: Company) -> None:
    placed = hold(small)
    ref = small.ask(Right.ERASURE)
    small.work()
    small.rule(ref, "shop.invoices:100=keep:erasure_expression")  # by the policy it would go
    small.work()
    small.act(ref, Event.APPROVE)
    ended(small, ref)
    (late,) = lifted(small, placed).resumed
    finished(small, late)
    kept = {one["ground"]: one["count"] for one in small.line(late, "shop")["kept"]}
    assert kept.pop("erasure_expression") == 1
    assert list(kept.values()) == [1]
    assert small.shop("SELECT count(*) FROM invoices WHERE id = 100") == 1


def test_a_request_that_was_forgotten_is_left_alone(small: Company) -> None:
    placed = hold(small)
    ended(small, approved(small))
    with transaction(small.installation) as session:
        for request in session.exec(select(Request)):
            request.data_key = None
    assert lifted(small, placed).resumed == ()


def test_a_source_that_is_configured_no_more_stops_no_other(small: Company) -> None:
    placed = hold(small)
    ended(small, approved(small))
    sources(small.folder, small.shop_url, {}, without="mailing")
    small.reopen()
    (late,) = lifted(small, placed).resumed
    assert [row["source"] for row in small.view(late)["coverage"]] == ["shop"]
