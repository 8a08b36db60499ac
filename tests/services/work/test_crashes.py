"""What broke off is repeated only where that cannot do it twice."""

from collections.abc import Sequence

import pytest

from dsar.domain.lifecycle import Event
from dsar.sdk import Batch, Done, Receipt
from dsar.store.tables import Effect
from tests.scripted import Script
from tests.services.conftest import Make
from tests.services.work.approved import CASES, acts, approved


def crash(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
    script.act(verb, batch)
    raise ConnectionResetError


def test_what_may_be_repeated_is_repeated_after_a_crash(make: Make, desk: Script) -> None:
    desk.records, desk.acting = list(CASES), crash
    one = make()
    ref = approved(one)
    one.work()
    desk.acting = None
    one.clock.turn(minutes=5)
    one.work()
    assert acts(desk) == ["erase", "erase"]
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("assembling", 3)


def test_what_must_not_be_repeated_is_shown_to_a_person_after_a_crash(
    make: Make, desk: Script
) -> None:
    desk.records, desk.acting = list(CASES), crash
    one = make("Once")
    ref = approved(one)
    one.work_through()
    assert acts(desk) == ["erase"]
    assert one.state(ref) == "action_failed"
    assert "cannot be asked what it did" in one.view(ref)["next"]
    one.act(ref, Event.RETRY)
    one.work_through()
    assert acts(desk) == ["erase"]
    one.act(ref, Event.ACCEPT_GAP, reason="looked there")
    one.work()
    assert one.line(ref, "desk")["outcome"] == "could_not"


def test_what_must_not_be_repeated_is_probed_where_that_can_be_asked(
    make: Make, desk: Script
) -> None:
    desk.records, desk.acting = list(CASES), crash
    desk.probing = lambda _script, _verb, batch: [
        Receipt(batch.collection, item.key, Done.MISSING) for item in batch.items
    ]
    one = make("OnceProbed")
    ref = approved(one)
    one.work_through()
    assert acts(desk)[:2] == ["erase", "probe"]
    assert acts(desk).count("erase") == 1
    assert (one.state(ref), one.line(ref, "desk")["done"]) == ("assembling", 3)


def test_a_probe_that_finds_half_undone_leaves_the_rest_to_a_person(
    make: Make, desk: Script
) -> None:
    desk.records, desk.acting = list(CASES), crash
    desk.probing = lambda _script, _verb, batch: [
        Receipt(batch.collection, item.key, Done.KEPT if n else Done.MISSING)
        for n, item in enumerate(batch.items)
    ]
    one = make("OnceProbed")
    ref = approved(one)
    one.work_through()
    assert acts(desk).count("erase") == 1
    assert one.state(ref) == "action_failed"
    assert "half-way" in one.view(ref)["next"]


def test_a_page_that_was_done_is_never_done_again(
    make: Make, desk: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pages; the second breaks off once. The first is not acted on a second time."""
    monkeypatch.setattr("dsar.services.work.decide.BATCH", 1)
    desk.records = list(CASES)
    keys: list[str] = []

    def second_breaks(script: Script, verb: str, batch: Batch) -> Sequence[Receipt]:
        keys.append(batch.items[0].key)
        if keys == ["1", "2"]:
            raise ConnectionResetError
        return script.act(verb, batch)

    desk.acting = second_breaks
    one = make()
    ref = approved(one)
    one.work_through(hours=0.5)
    assert keys == ["1", "2", "2", "3"]
    assert one.line(ref, "desk")["done"] == 3
    effects = [row.state for row in one.rows(Effect) if row.source == "desk"]
    assert effects == ["done"] * 3
