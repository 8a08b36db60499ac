"""What a source did before it stopped counts, and is not asked of it again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from dsar.sdk import Batch, Done, Later, NeedsHuman, Receipt
from dsar.services.runtime import record_pages
from dsar.services.runtime.installation import reading
from dsar.services.work.receipts import ActPosition
from dsar.store import pages
from dsar.store.tables import Task, Ticket
from tests.company import Company
from tests.scripted import Script, case
from tests.services.conftest import Make
from tests.services.work.approved import approved

MANY = 23
AT_ONCE = 10


def limited(stop: Callable[[], Exception], asked: list[int] | None = None) -> object:
    """Ten changes at a time, then what `stop` makes."""

    def act(script: Script, verb: str, batch: Batch) -> Iterator[Receipt]:
        if asked is not None:
            asked.append(len(batch.items))
        for number, item in enumerate(batch.items):
            if number == AT_ONCE:
                raise stop()
            [receipt] = script.act(verb, replace(batch, items=[item]))
            yield receipt

    return act


def busy() -> Exception:
    return Later("desk.example asks us to wait (429).", wait=1)


def task(one: Company, kind: str = "act") -> Task:
    (found,) = [row for row in one.rows(Task) if (row.kind, row.source) == (kind, "desk")]
    return found


def receipts(one: Company) -> list[str]:
    """The keys on the pages of receipts of the helpdesk."""
    ((ticket, round_),) = {(row.id, row.round) for row in one.rows(Ticket)}
    seal = record_pages.seal_for(one.installation, ticket)
    with reading(one.installation) as session:
        sheets = pages.refs(
            session, ticket, role=record_pages.RECEIPTS, round_=round_, source="desk"
        )
    opened = record_pages.opened(one.installation, seal, sheets)
    return [record_pages.receipt_parts(row)[1] for _, rows in opened for row in rows]


@pytest.fixture
def many(desk: Script) -> Script:
    desk.records = [case(str(number)) for number in range(MANY)]
    return desk


def test_receipts_before_later_are_kept_and_only_the_rest_is_asked_for(
    make: Make, many: Script
) -> None:
    asked: list[int] = []
    many.acting = limited(busy, asked)  # type: ignore[assignment]
    one = make()
    ref = approved(one)
    one.work()
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("acting", AT_ONCE)
    assert (task(one).attempts, task(one).done, task(one).checkpoint) == (0, AT_ONCE, "0:0-9")
    for _ in range(2):
        one.clock.turn(seconds=2)
        one.work()
    assert asked == [23, 13, 3]
    line = one.line(ref, "desk")
    assert (one.state(ref), line["outcome"], line["done"]) == ("assembling", "acted", MANY)
    assert receipts(one) == [str(number) for number in range(MANY)]


def test_what_is_restricted_at_once_is_kept_too(make: Make, many: Script) -> None:
    asked: list[int] = []
    many.acting = limited(busy, asked)  # type: ignore[assignment]
    one = make()
    one.ask(Right.RECTIFICATION, corrections={"desk.cases.topic": "Logout"})
    for _ in range(3):
        one.work()
        one.clock.turn(seconds=2)
    assert asked == [23, 13, 3]


@pytest.mark.parametrize("failure", [NeedsHuman("Closed."), ConnectionResetError()], ids=repr)
def test_receipts_before_any_failure_count(make: Make, many: Script, failure: Exception) -> None:
    asked: list[int] = []
    many.acting = limited(lambda: failure, asked)  # type: ignore[assignment]
    one = make()
    ref = approved(one)
    one.work()
    many.acting = limited(busy, asked)  # type: ignore[assignment]
    if one.state(ref) == "action_failed":
        one.act(ref, Event.RETRY)
    for _ in range(3):
        one.clock.turn(minutes=5)
        one.work()
    assert asked == [23, 13, 3]
    assert one.line(ref, "desk")["done"] == MANY


def test_a_named_gap_says_how_much_was_done(make: Make, many: Script) -> None:
    many.acting = limited(lambda: NeedsHuman("Closed."))  # type: ignore[assignment]
    one = make()
    ref = approved(one)
    one.work()
    one.act(ref, Event.ACCEPT_GAP, reason="closed for good")
    one.work()
    line = one.line(ref, "desk")
    assert (line["outcome"], line["done"]) == ("could_not", AT_ONCE)


def test_what_one_record_failed_is_all_that_is_asked_again(make: Make, many: Script) -> None:
    asked: list[int] = []

    def one_is_locked(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        asked.append(len(batch.items))
        first, *rest = batch.items
        locked = Receipt(batch.collection, first.key, Done.FAILED, "It is locked.")
        return [locked, *script.act(verb, replace(batch, items=rest))]

    many.acting = one_is_locked
    one = make()
    ref = approved(one)
    one.work()
    assert one.view(ref)["next"] == "desk: 1 of 23 cases: It is locked."
    assert one.line(ref, "desk")["done"] == MANY - 1
    many.acting = limited(busy, asked)  # type: ignore[assignment]
    one.act(ref, Event.RETRY)
    one.work()
    assert asked == [23, 1]
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("assembling", MANY)


def test_acting_once_more_after_residue_asks_for_everything_again(make: Make, many: Script) -> None:
    asked: list[int] = []

    def claims(_script: Script, _verb: str, batch: Batch) -> Sequence[Receipt]:
        return [Receipt(batch.collection, item.key, Done.ERASED) for item in batch.items]

    many.acting = claims
    one = make()
    ref = approved(one)
    one.work()
    assert one.line(ref, "desk")["residue"] == MANY
    many.acting = limited(busy, asked)  # type: ignore[assignment]
    one.act(ref, Event.RETRY)
    for _ in range(3):
        one.work()
        one.clock.turn(seconds=2)
    assert asked == [23, 13, 3]
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("assembling", MANY)
    assert len(receipts(one)) == MANY


# --- looking again --------------------------------------------------------------------------------


def test_a_second_look_that_is_put_off_goes_on_where_it_stood(make: Make, many: Script) -> None:
    many.pages = MANY
    one = make()
    ref = approved(one)
    many.acting = lambda _script, _verb, batch: [
        Receipt(batch.collection, item.key, Done.KEPT, "Needed.") for item in batch.items
    ]
    count = 0

    def every_fifth(_script: Script, _checkpoint: str | None) -> None:
        nonlocal count
        count += 1
        if count % 5 == 0:
            raise Later("Busy.", wait=1)

    many.finding, many.calls = every_fifth, []
    for _ in range(8):
        one.work()
        one.clock.turn(seconds=2)
    starts = [call for call in many.calls if call.startswith("find")]
    assert starts == ["find", *(f"find {page}" for page in (4, 8, 12, 16, 20))]
    assert one.state(ref) == "assembling"


def test_keys_that_were_probed_are_not_probed_again(make: Make, many: Script) -> None:
    asked: list[int] = []

    def probing(_script: Script, _verb: str, batch: Batch) -> Iterator[Receipt]:
        asked.append(len(batch.items))
        for number, item in enumerate(batch.items):
            if number == AT_ONCE:
                raise busy()
            left = Done.KEPT if item.key == "7" else Done.MISSING
            yield Receipt(batch.collection, item.key, left, "It is there.")

    many.probing = probing  # type: ignore[assignment]
    one = make("Probed")
    ref = approved(one)
    for _ in range(4):
        one.work()
        one.clock.turn(seconds=2)
    assert asked == [23, 13, 3]
    assert one.line(ref, "desk")["residue"] == 1


# --- no progress ----------------------------------------------------------------------------------


def throws_away(_script: Script, _verb: str, _batch: Batch) -> Sequence[Receipt]:
    """An adapter that collects its receipts and loses them all."""
    raise busy()


def test_a_source_that_never_gets_further_is_shown_to_a_person(make: Make, many: Script) -> None:
    many.acting = throws_away
    one = make()
    ref = approved(one)
    for _ in range(40):
        one.work()
        one.clock.turn(minutes=10)
    assert one.state(ref) == "action_failed"
    told = one.view(ref)["next"]
    assert "Nothing has come of it since 2026-03-02 10:00, though it was tried 36 times" in told
    assert "asks us to wait (429)" in told
    assert "task_stuck" in one.events(ref)
    many.acting = None
    one.act(ref, Event.RETRY)
    one.work()
    assert one.line(ref, "desk")["done"] == MANY


def test_a_source_that_was_away_for_an_hour_keeps_nobody_busy(make: Make, many: Script) -> None:
    many.acting = throws_away
    one = make()
    ref = approved(one)
    for _ in range(60):
        one.work()
        one.clock.turn(minutes=1)
    assert one.state(ref) == "acting"


def test_a_source_that_gets_a_little_further_each_time_is_left_alone(
    make: Make, many: Script
) -> None:
    def one_at_a_time(script: Script, verb: str, batch: Batch) -> Iterator[Receipt]:
        yield from script.act(verb, replace(batch, items=batch.items[:1]))
        raise busy()

    many.records = [case(str(number)) for number in range(100)]
    many.acting = one_at_a_time  # type: ignore[assignment]
    one = make()
    ref = approved(one)
    for _ in range(60):
        one.work()
        one.clock.turn(hours=1)
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("acting", 60)


def test_a_job_over_there_takes_as_long_as_it_takes(make: Make, many: Script) -> None:
    def working(_script: Script, _verb: str, _batch: Batch) -> Sequence[Receipt]:
        raise Later("It works on it.", wait=3600, checkpoint="job")

    many.acting = working
    one = make()
    ref = approved(one)
    for _ in range(60):
        one.work()
        one.clock.turn(hours=1)
    assert one.state(ref) == "acting"


# --- the checkpoint -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (ActPosition(), "0"),
        (ActPosition(3), "3"),
        (ActPosition(3, frozenset({0, 1, 2, 5})), "3:0-2,5"),
        (ActPosition(0, frozenset({7})), "0:7"),
    ],
)
def test_a_place_comes_back_from_its_checkpoint(place: ActPosition, text: str) -> None:
    assert (str(place), ActPosition.of(text)) == (text, place)


def test_no_checkpoint_is_the_beginning() -> None:
    assert ActPosition.of(None) == ActPosition()
