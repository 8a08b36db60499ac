"""Every source is asked; one that fails stops no other, says why, and can be asked again."""

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.reasons import from_adapter
from dsar.domain.rights import Right
from dsar.sdk import Later, NeedsHuman
from dsar.store.tables import Identifier, PageRow, Task
from dsar.store.upkeep_tables import Gate
from tests.company import EMAIL, Company, sources
from tests.scripted import Script, case
from tests.services.conftest import Make


def reasons(one: Company, ref: str) -> str:
    return str(one.view(ref)["next"])


def test_every_source_is_searched_and_told(small: Company) -> None:
    ref = small.ask(Right.ACCESS)
    small.work()
    assert small.state(ref) == "in_review"
    shop, mailing = small.line(ref, "shop"), small.line(ref, "mailing")
    assert (shop["outcome"], shop["found"], shop["searched_at"] is not None) == (
        "supplied", 3, True,
    )  # fmt: skip
    assert (mailing["outcome"], mailing["found"]) == ("supplied", 1)


def test_somebody_unknown_is_answered_too(small: Company) -> None:
    ref = small.ask(Right.ACCESS, identifiers=(("email", "nobody@mail.example"),))
    small.work()
    assert {row["outcome"] for row in small.view(ref)["coverage"]} == {"nothing_held"}


def test_a_source_that_cannot_search_by_what_is_known_says_so(small: Company) -> None:
    ref = small.ask(Right.ACCESS, identifiers=(("customer_number", "K-4711"),))
    small.work()
    assert small.line(ref, "shop")["found"] == 3
    mailing = small.line(ref, "mailing")
    assert (mailing["outcome"], mailing["reason"]) == (
        "not_asked", "No e-mail address of this person is known.",
    )  # fmt: skip


def test_a_further_identifier_reaches_the_sources_that_need_it(make: Make, desk: Script) -> None:
    desk.needs, desk.records = ("customer_number",), [case("1")]
    one = make()
    ref = one.ask(Right.ACCESS)
    assert {t.source: t.state for t in one.rows(Task)} == {
        "shop": "ready", "mailing": "ready", "desk": "blocked",
    }  # fmt: skip
    one.work()
    assert one.line(ref, "desk")["found"] == 1
    evidence = {row.kind: (row.evidence, row.source) for row in one.rows(Identifier)}
    assert evidence == {
        "email": ("confirmed_by_staff", ""),
        "customer_number": ("given_by_source", "shop"),
    }


def test_malformed_identifiers_of_a_source_find_nobody_and_stop_nobody(
    make: Make, desk: Script
) -> None:
    desk.records = [case("1")]
    desk.gives = (("phone", "ask her husband"), ("phone", "+46 70 1740605"), ("email", ""))
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.line(ref, "desk")["found"] == 1
    given = [row for row in one.rows(Identifier) if row.source == "desk"]
    assert [row.kind for row in given] == ["phone"]


def test_two_tickets_of_a_request_may_learn_the_same_identifier(small: Company) -> None:
    ref = small.ask(Right.ACCESS, Right.PORTABILITY, Right.RESTRICTION)
    small.work()
    base = ref.removesuffix("-1")
    assert {t.state for t in small.tickets(base)} <= {"in_review", "assembling"}
    kinds = sorted(row.kind for row in small.rows(Identifier))
    assert kinds == ["customer_number", "email"]


def broken(error: Exception) -> Script:
    def find(_script: Script, _checkpoint: str | None) -> None:
        raise error

    return Script(finding=find)


def test_a_source_that_needs_a_person_leaves_the_others_alone_and_names_its_reason(
    make: Make, desk: Script
) -> None:
    desk.finding = broken(NeedsHuman("The table cases has vanished. Restore it.")).finding
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "source_failed"
    assert one.line(ref, "shop")["found"] == 3
    line = one.line(ref, "desk")
    assert (line["outcome"], line["reason"]) == (
        "open", "The table cases has vanished. Restore it.",
    )  # fmt: skip
    assert reasons(one, ref) == "desk: The table cases has vanished. Restore it."
    assert "task_stuck" in one.events(ref)


def test_only_the_source_that_failed_is_asked_again(make: Make, desk: Script) -> None:
    desk.finding = broken(NeedsHuman("Locked.")).finding
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    desk.finding, desk.records = Script().finding, [case("1")]
    one.act(ref, Event.RETRY)
    assert [t.source for t in one.rows(Task) if t.state == "ready"] == ["desk"]
    one.work()
    line = one.line(ref, "desk")
    assert (one.state(ref), line["found"], line["reason"]) == ("in_review", 1, "")


def test_a_source_that_asks_for_patience_is_asked_later_at_no_cost(
    make: Make, desk: Script
) -> None:
    desk.finding = broken(Later("Busy until nine.", wait=600)).finding
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "collecting"
    (task,) = [t for t in one.rows(Task) if t.source == "desk"]
    assert (task.state, task.attempts, task.deferrals, task.reason) == (
        "ready", 0, 1, from_adapter("Busy until nine."),
    )  # fmt: skip
    desk.finding = Script().finding
    one.clock.turn(minutes=11)
    one.work()
    assert one.state(ref) == "in_review"


class Jobs:
    """A source that starts a job for each person and is asked after it."""

    def __init__(self, polls: int) -> None:
        self.started, self.polled, self.polls = 0, 0, polls

    def __call__(self, _script: Script, checkpoint: str | None) -> None:
        """Asked on behalf of the second page: the first one is there at once."""
        if checkpoint != "1":
            return
        self.started += self.polled == 0
        self.polled += 1
        if self.polled <= self.polls:
            raise Later("The job runs.", wait=300, checkpoint="1")


def test_a_source_that_works_on_it_is_asked_after_its_job(make: Make, desk: Script) -> None:
    """What it had given is kept, its own checkpoint is where it goes on, and nobody else waits."""
    desk.records, desk.pages, desk.finding = [case("1"), case("2")], 2, Jobs(2)
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    (task,) = [t for t in one.rows(Task) if t.source == "desk"]
    assert (task.state, task.attempts, task.deferrals, task.done) == ("ready", 0, 1, 1)
    assert task.checkpoint not in {None, "1"}
    assert [row.open_until for row in one.rows(Gate) if row.source == "desk"] in ([], [None])
    for _ in range(2):
        one.clock.turn(minutes=6)
        one.work()
    assert (one.state(ref), one.line(ref, "desk")["found"]) == ("in_review", 2)
    assert desk.calls == ["find", "find 1", "find 1"]


def test_a_job_may_be_started_before_anything_is_found(make: Make, desk: Script) -> None:
    def started(_script: Script, _checkpoint: str | None) -> None:
        if desk.calls == ["find"]:
            raise Later("Started.", wait=60, checkpoint="0")

    desk.records, desk.finding = [case("1")], started
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    one.clock.turn(minutes=2)
    one.work()
    assert desk.calls == ["find", "find 0"]
    assert one.line(ref, "desk")["found"] == 1


@pytest.mark.parametrize(
    ("error", "attempts"), [(ValueError(f"{EMAIL} is not a number"), 1), (ConnectionError(), 5)]
)
def test_what_may_pass_is_tried_again_and_any_other_fault_is_staffs_at_once(
    make: Make, desk: Script, error: Exception, attempts: int
) -> None:
    desk.finding = broken(error).finding
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work_through()
    assert one.state(ref) == "source_failed"
    assert desk.calls == ["find"] * attempts
    assert type(error).__name__ in reasons(one, ref)
    assert EMAIL not in str(one.rows(Task))


def test_a_source_that_cannot_be_opened_does_not_stop_the_ticket_from_starting(
    make: Make, desk: Script
) -> None:
    desk.opening = NeedsHuman("The password was refused. Renew it.")
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    assert one.state(ref) == "source_failed"
    assert reasons(one, ref) == "desk: The password was refused. Renew it."
    assert one.line(ref, "shop")["found"] == 3


def test_a_source_out_of_reach_for_a_while_waits_for_identifiers_afterwards(
    make: Make, desk: Script
) -> None:
    """What it could not say when it was out of reach is asked again: it is not taken for No."""
    desk.needs, desk.records = ("customer_number",), [case("1")]
    desk.opening = NeedsHuman("Down.")
    one = make()
    one.ask(Right.ACCESS)
    one.work()
    desk.opening = None
    later = one.ask(Right.ACCESS)
    one.work()
    assert one.line(later, "desk")["found"] == 1


def test_a_search_goes_on_where_it_broke_off(make: Make, desk: Script) -> None:
    desk.records, desk.pages = [case(str(n)) for n in range(9)], 3
    seen: list[str | None] = []

    def third_page_fails_once(_script: Script, checkpoint: str | None) -> None:
        seen.append(checkpoint)
        if checkpoint == "6" and seen.count("6") == 1:
            raise ConnectionError

    desk.finding = third_page_fails_once
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work_through(hours=0.5)
    assert one.line(ref, "desk")["found"] == 9
    assert desk.calls == ["find", "find 3"]
    pages = [row.count for row in one.rows(PageRow) if row.source == "desk"]
    assert sum(pages) == 9


def test_the_mark_of_a_search_does_not_show_the_keys_of_a_source(make: Make, desk: Script) -> None:
    """A source may count its pages by e-mail address; what lies in the task is sealed."""
    desk.records, desk.pages = [case(str(n)) for n in range(4)], 4

    def last_page_needs_a_person(_script: Script, checkpoint: str | None) -> None:
        if checkpoint == "2":
            raise NeedsHuman("Locked.")

    desk.finding = last_page_needs_a_person
    one = make()
    one.ask(Right.ACCESS)
    one.work()
    (task,) = [t for t in one.rows(Task) if t.source == "desk"]
    assert task.checkpoint
    assert not task.checkpoint.isdigit()
    assert '"1"' not in task.checkpoint


def test_a_source_given_up_is_named_and_what_it_had_said_is_still_handed_over(
    make: Make, desk: Script
) -> None:
    desk.records, desk.pages = [case("1", data={"topic": "a", "odd": 1}), case("2")], 2

    def second_page_is_lost(_script: Script, checkpoint: str | None) -> None:
        if checkpoint:
            raise NeedsHuman("The second half is lost.")

    desk.finding = second_page_is_lost
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    # The page before the one that failed is only kept once the next is there.
    desk.finding = Script().finding
    assert "Give the reason" in refused(one, ref)
    one.act(ref, Event.ACCEPT_GAP, reason="the vendor is gone")
    one.work()
    line = one.line(ref, "desk")
    assert (line["outcome"], line["reason"]) == ("could_not", "The second half is lost.")
    assert one.state(ref) == "in_review"


def test_what_a_source_said_before_it_broke_off_is_reviewed_before_it_leaves(
    make: Make, desk: Script
) -> None:
    desk.records = [case("1", data={"odd": 1}), case("2"), case("3")]
    desk.pages = 3

    def third_page_is_lost(_script: Script, checkpoint: str | None) -> None:
        if checkpoint == "2":
            raise NeedsHuman("The rest is lost.")

    desk.finding = third_page_is_lost
    one = make()
    ref = one.ask(Right.ACCESS)
    one.work()
    one.act(ref, Event.ACCEPT_GAP, reason="the vendor is gone")
    one.work()
    line = one.line(ref, "desk")
    assert (line["outcome"], line["found"]) == ("could_not", 1)
    assert [d["code"] for d in one.view(ref)["doubts"]] == ["unexplained_field"]


def refused(one: Company, ref: str) -> str:
    with pytest.raises(Exception, match="reason") as error:
        one.act(ref, Event.ACCEPT_GAP, reason="")
    return str(error.value)


@pytest.mark.parametrize("waits", [False, True])
def test_a_source_removed_from_the_configuration_is_named_and_stops_no_other(
    make: Make, desk: Script, waits: bool
) -> None:
    desk.needs = ("customer_number",) if waits else ("email",)
    one = make()
    ref = one.ask(Right.ACCESS)
    sources(one.folder, one.shop_url, {"desk": "Scripted"}, without="desk")
    one.reopen()
    one.work()
    assert one.state(ref) == "source_failed"
    assert "desk" in reasons(one, ref)
    assert "removed from sources.toml" in reasons(one, ref)
    assert one.line(ref, "shop")["found"] == 3
    one.act(ref, Event.ACCEPT_GAP, reason="the helpdesk was closed")
    one.work()
    assert one.state(ref) == "in_review"
    assert one.line(ref, "desk")["outcome"] == "could_not"
