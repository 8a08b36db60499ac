"""Staff rules on what the policy leaves open; a slip of the hand must not let anything leave."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import update
from sqlmodel import col

from dsar.domain.errors import BadInput, NotAllowed
from dsar.domain.lifecycle import Event
from dsar.domain.records import Match
from dsar.domain.rights import Right
from dsar.sdk import Batch, Receipt
from dsar.services.desk import review
from dsar.services.runtime.installation import transaction
from dsar.services.ticket.run_task import claim, perform
from dsar.store.tables import CoverageLine, PageRow, RulingRow, Task
from tests.company import EMAIL, Company
from tests.scripted import Script, case
from tests.services.conftest import Make, desk, make
from workers.handlers import QUEUES

__all__ = ["desk", "make"]

WORK = QUEUES["work"]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("shop.customers=release", review.RulingInput("shop", "customers", "release")),
        (
            "shop.customers.score=withhold:trade_secret",
            review.RulingInput(
                "shop", "customers", "withhold", field="score", ground="trade_secret"
            ),
        ),
        (
            " shop.customers:1.score=keep:g ",
            review.RulingInput("shop", "customers", "keep", key="1", field="score", ground="g"),
        ),
        (
            'shop.lines:["a", 1]=withhold:g',
            review.RulingInput("shop", "lines", "withhold", key='["a", 1]', ground="g"),
        ),
        (
            "mail.messages#0123456789ab=withhold:g",
            review.RulingInput("mail", "messages", "withhold", file="0123456789ab", ground="g"),
        ),
        (
            "mail.messages:4#0123456789ab=release",
            review.RulingInput("mail", "messages", "release", key="4", file="0123456789ab"),
        ),
        (
            "mail.messages:4#12=release",
            review.RulingInput("mail", "messages", "release", key="4#12"),
        ),
    ],
)
def test_a_ruling_is_written_in_one_line(text: str, spoken: review.RulingInput) -> None:
    assert review.parse(text) == spoken


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a ruling"),
        ("shop=release", "is not a ruling"),
        ("shop.customers", "is not a ruling"),
        ("shop.customers=shred", "has no verdict"),
        ("shop.customers=withhold", "names no ground"),
        ("shop.customers=keep", "names no ground"),
    ],
)
def test_what_is_no_ruling_says_how_one_is_written(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        review.parse(text)


def searched(one: Company, right: Right = Right.ACCESS) -> str:
    ref = one.ask(right)
    one.work()
    assert one.state(ref) == "in_review"
    return ref


@pytest.mark.parametrize(
    "text",
    [
        "shpo.customers=withhold:rights_of_others",
        "shop.custmers=withhold:rights_of_others",
        "shop.customers:99=withhold:rights_of_others",
        "shop.customers.secret=withhold:rights_of_others",
        "shop.customers:1.secret=withhold:rights_of_others",
        "shop.customers=erase",
        "shop.customers#0123456789ab=withhold:rights_of_others",
        "shop.customers:1#0123456789ab=withhold:rights_of_others",
    ],
)
def test_a_ruling_that_meets_nothing_is_refused(small: Company, text: str) -> None:
    ref = searched(small)
    with pytest.raises(BadInput):
        small.rule(ref, text)
    assert small.rows(RulingRow) == []
    assert small.view(ref)["journal"][-1]["event"] != "revise"


def test_a_whole_right_knows_no_ruling_on_a_field(make: Make, desk: Script) -> None:
    desk.records = [case("1", match=Match.NAME_ONLY)]
    one = make()
    ref = searched(one, Right.RESTRICTION)
    with pytest.raises(BadInput, match="treats whole records"):
        one.rule(ref, "desk.cases.topic=keep:no_case_of_restriction")


def test_rulings_are_made_in_review_only(small: Company) -> None:
    ref = small.ask(Right.ACCESS)
    with pytest.raises(BadInput, match="is collecting"):
        small.rule(ref, "shop.customers=release")


def test_a_key_with_dots_is_understood_and_lies_sealed(either: Company) -> None:
    """The mailing list counts its records by e-mail address."""
    ref = searched(either)
    either.rule(ref, f"mailing.subscribers:{EMAIL}=withhold:rights_of_others")
    either.work()
    line = either.line(ref, "mailing")
    assert (line["outcome"], line["done"]) == ("withheld", 0)
    assert [k["ground"] for k in line["kept"]] == ["rights_of_others"]
    (ruling,) = either.rows(RulingRow)
    assert EMAIL.encode() not in bytes(ruling.sealed_key)
    assert EMAIL not in str(either.view(ref)["journal"])


def test_a_weak_match_blocks_until_somebody_ruled(make: Make, desk: Script) -> None:
    desk.records = [case("1"), case("2", match=Match.NAME_ONLY)]
    one = make()
    ref = searched(one)
    assert one.line(ref, "desk")["done"] == 1
    with pytest.raises(NotAllowed, match="matched by name only"):
        one.act(ref, Event.APPROVE)
    one.rule(ref, "desk.cases:2=withhold:rights_of_others")
    one.work()
    assert one.view(ref)["doubts"] == []
    one.act(ref, Event.APPROVE)
    assert one.state(ref) == "assembling"


@pytest.mark.parametrize(
    ("ruling", "left"), [("keep:not_this_person", ["2"]), ("erase", [])], ids=["kept", "erased"]
)
def test_what_other_people_depend_on_is_erased_only_when_staff_said_so(
    make: Make, desk: Script, ruling: str, left: list[str]
) -> None:
    """The address of a household; that it is shared outlives the page it is kept on."""
    desk.records = [case("1"), case("2", shared=True)]
    one = make()
    ref = searched(one, Right.ERASURE)
    with pytest.raises(NotAllowed, match="other people depend on it too"):
        one.act(ref, Event.APPROVE)
    one.rule(ref, f"desk.cases:2={ruling}")
    one.work()
    one.act(ref, Event.APPROVE)
    one.work()
    assert [record.key for record in desk.records] == left


def test_what_other_people_depend_on_is_not_restricted_while_it_is_decided(
    make: Make, desk: Script
) -> None:
    touched: list[str] = []

    def acted(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        touched.extend(item.key for item in batch.items)
        return script.act(verb, batch)

    desk.records, desk.acting = [case("1"), case("2", shared=True)], acted
    searched(make(), Right.OBJECTION)
    assert touched == ["1"]


@pytest.mark.parametrize("kind", ["subject", "odd field", "automated"])
def test_what_is_in_doubt_stops_the_approval_of_engine_and_staff(
    make: Make, desk: Script, kind: str
) -> None:
    """Two people behind one identifier, a field nobody explained, also before a new decision."""
    desk.records = [case("1", subject="a"), case("2", subject="b")]
    if kind != "subject":
        desk.records = [case("1", data={"odd": 1})]
    one = make(review='access = "auto"')
    right = Right.AUTOMATED_DECISION_REVIEW if kind == "automated" else Right.ACCESS
    ref = searched(one, right)
    if kind == "automated":
        one.decide(ref)  # the helpdesk takes no part in any automated decision
        assert one.state(ref) == "assembling"
        return
    with pytest.raises(NotAllowed, match="Somebody must rule"):
        one.act(ref, Event.APPROVE)
    one.rule(ref, "desk.cases=release" if kind == "subject" else "desk.cases.odd=release")
    one.work()
    assert one.state(ref) == "assembling"


def test_a_new_decision_is_a_persons_with_reasons(small: Company) -> None:
    ref = searched(small, Right.AUTOMATED_DECISION_REVIEW)
    with pytest.raises(NotAllowed, match="approve is not possible"):
        small.act(ref, Event.APPROVE)
    with pytest.raises(BadInput, match="decision"):
        small.decide(ref, " ")
    small.decide(ref)
    assert small.state(ref) == "assembling"
    assert small.view(ref)["journal"][-1]["data"]["decided_by"] == "ben"


def test_ruling_again_has_everything_decided_again(small: Company) -> None:
    ref = searched(small, Right.ERASURE)
    small.rule(ref, "shop.customers.street=keep:erasure_expression")
    assert small.view(ref)["state"] == "in_review"
    with pytest.raises(NotAllowed, match="not been applied"):
        small.act(ref, Event.APPROVE)
    small.work()
    small.act(ref, Event.APPROVE)
    small.work()
    assert small.shop("SELECT street FROM customers WHERE id = 1") == "Storgatan 5"
    assert small.shop("SELECT email FROM customers WHERE id = 1") != EMAIL


def test_a_decision_that_was_overtaken_by_a_ruling_writes_nothing(small: Company) -> None:
    """The old task ends after the new ruling: what it computed knows nothing of it."""
    ref = small.ask(Right.ERASURE)
    search(small)
    lease = claim(small.installation, queue="work", kinds=("decide",), owner="slow")
    assert lease is not None
    small.rule(ref, "shop.customers=keep:erasure_legal_claims")
    assert lease.key == "2"
    newer = perform(
        small.installation, lease, stopping=threading.Event(), handlers={"decide": WORK["decide"]}
    )
    assert small.view(ref)["state"] == "in_review"
    assert [page for page in small.rows(PageRow) if page.role == "manifest"] == []
    assert newer is not None
    perform(small.installation, newer, stopping=threading.Event(), handlers=WORK)
    line = small.line(ref, "shop")
    assert [
        (k["collection"], k["count"]) for k in line["kept"] if k["ground"] == "erasure_legal_claims"
    ]
    assert {task.state for task in small.rows(Task)} == {"done"}


def search(one: Company) -> None:
    """Does the searches and leaves what follows from them undone."""
    handlers = {"search": WORK["search"]}
    lease = claim(one.installation, queue="work", kinds=("search",), owner="here")
    while lease is not None:
        lease = perform(one.installation, lease, stopping=threading.Event(), handlers=handlers)


def test_rulings_reach_only_their_ticket(small: Company) -> None:
    first, second = searched(small), searched(small)
    small.rule(first, "shop.customers=withhold:rights_of_others")
    small.work()
    assert small.line(first, "shop")["outcome"] == "withheld"
    assert small.line(second, "shop")["outcome"] == "supplied"


def test_a_line_behind_the_engines_back_open_is_not_delivered(make: Make) -> None:
    """Nothing is delivered while a source's line is open, and nothing breaks over it."""
    one = make(review='access = "staff"')
    ref = searched(one)
    one.act(ref, Event.APPROVE)
    with transaction(one.installation) as session:
        session.execute(
            update(CoverageLine).where(col(CoverageLine.source) == "shop").values(outcome="open")
        )
    one.work(render=True)
    assert one.state(ref) == "ready"
    for event in (Event.DELIVER, Event.DELIVER_PART):
        with pytest.raises(NotAllowed, match="Web shop"):
            one.act(ref, event)


@pytest.mark.parametrize("ground", ["anyword", "erasure_public_health", "accurate"])
def test_a_ruling_names_a_ground_of_the_law_against_this_right(small: Company, ground: str) -> None:
    """The person reads it: a free word, or the ground of another right, is none."""
    ref = searched(small)
    with pytest.raises(
        BadInput, match=r"is no ground of eu_gdpr against access\..*rights_of_others"
    ):
        small.rule(ref, f"shop.customers=withhold:{ground}")
    assert small.rows(RulingRow) == []
