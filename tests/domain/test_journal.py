"""No entry of a ticket's history can be changed, removed or moved without being found."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dsar.domain.journal import START, ChainedEntry, digest, verify

REF = "R-AAAAA-BBBBB-1"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

texts = st.text(max_size=20)
values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
data = st.dictionaries(texts, values | st.lists(values, max_size=3), max_size=4)


@st.composite
def histories(draw: st.DrawFn, least: int = 1) -> list[ChainedEntry]:
    given_ = draw(st.lists(st.tuples(texts, texts, data), min_size=least, max_size=6))
    return chain(given_)


def chain(rows: list[tuple[str, str, dict[str, Any]]]) -> list[ChainedEntry]:
    entries: list[ChainedEntry] = []
    previous = START
    for seq, (event, actor, body) in enumerate(rows, start=1):
        at = NOW + timedelta(minutes=seq)
        mark = digest(REF, seq, at=at, event=event, actor=actor, data=body, previous=previous)
        entries.append(ChainedEntry(REF, seq, at, event, actor, body, previous, mark))
        previous = mark
    return entries


def fault_of(entries: list[ChainedEntry], whole: list[ChainedEntry]) -> int | None:
    """The entry that is named, given what the ticket remembers of the whole history."""
    head = whole[-1].digest if whole else START
    fault = verify(REF, entries, seq=len(whole), head=head)
    if fault is not None:
        assert (fault.ticket, bool(fault.problem)) == (REF, True)
    return fault.seq if fault else None


@settings(max_examples=40)
@given(histories(least=0))
def test_an_untouched_history_holds(entries: list[ChainedEntry]) -> None:
    assert fault_of(entries, entries) is None


CHANGES: dict[str, Callable[[ChainedEntry], Any]] = {
    "ticket": lambda e: e.ticket + "x",
    "seq": lambda e: e.seq + 7,
    "at": lambda e: e.at + timedelta(microseconds=1),
    "event": lambda e: e.event + "x",
    "actor": lambda e: e.actor + "x",
    "data": lambda e: {**e.data, "one more": 1},
    "previous": lambda e: "f" * 64 if e.previous != "f" * 64 else START,
    "digest": lambda e: ("0" if e.digest[0] != "0" else "1") + e.digest[1:],
}


def test_every_field_of_an_entry_is_covered() -> None:
    assert set(CHANGES) == set(ChainedEntry.__dataclass_fields__)


@settings(max_examples=40)
@given(histories(), st.data(), st.sampled_from(sorted(CHANGES)))
def test_a_change_of_any_field_names_that_entry(
    entries: list[ChainedEntry], draw: st.DataObject, name: str
) -> None:
    place = draw.draw(st.integers(0, len(entries) - 1))
    bad = list(entries)
    bad[place] = replace(bad[place], **{name: CHANGES[name](bad[place])})
    assert fault_of(bad, entries) == place + 1


@settings(max_examples=40)
@given(histories(), st.data(), st.sampled_from(["event", "actor", "data"]))
def test_a_change_with_a_new_digest_breaks_the_chain_right_after_it(
    entries: list[ChainedEntry], draw: st.DataObject, name: str
) -> None:
    """Whoever can compute a digest still cannot hide: the next entry, or the ticket, remembers."""
    place = draw.draw(st.integers(0, len(entries) - 1))
    old = replace(entries[place], **{name: CHANGES[name](entries[place])})
    new = digest(
        REF, old.seq, at=old.at, event=old.event, actor=old.actor, data=old.data,
        previous=old.previous,
    )  # fmt: skip
    bad = [*entries[:place], replace(old, digest=new), *entries[place + 1 :]]
    assert fault_of(bad, entries) in {place + 1, place + 2}


@settings(max_examples=40)
@given(histories(), st.data())
def test_a_deletion_names_the_entry_that_is_gone(
    entries: list[ChainedEntry], draw: st.DataObject
) -> None:
    place = draw.draw(st.integers(0, len(entries) - 1))
    assert fault_of(entries[:place] + entries[place + 1 :], entries) == place + 1


@settings(max_examples=40)
@given(histories(), st.data())
def test_a_tail_cut_off_names_the_first_entry_that_is_gone(
    entries: list[ChainedEntry], draw: st.DataObject
) -> None:
    length = draw.draw(st.integers(0, len(entries) - 1))
    assert fault_of(entries[:length], entries) == length + 1


@settings(max_examples=40)
@given(histories(least=2), st.data())
def test_two_entries_in_another_order_are_found(
    entries: list[ChainedEntry], draw: st.DataObject
) -> None:
    first = draw.draw(st.integers(0, len(entries) - 2))
    second = draw.draw(st.integers(first + 1, len(entries) - 1))
    bad = list(entries)
    bad[first], bad[second] = bad[second], bad[first]
    assert fault_of(bad, entries) == first + 1


@settings(max_examples=40)
@given(histories(), st.tuples(texts, texts, data))
def test_an_entry_put_at_the_end_is_found(
    entries: list[ChainedEntry], more: tuple[str, str, dict[str, Any]]
) -> None:
    longer = chain([*((e.event, e.actor, dict(e.data)) for e in entries), more])
    assert fault_of(longer, entries) is not None


def test_the_same_instant_in_another_zone_is_the_same_entry() -> None:
    berlin = timezone(timedelta(hours=1))
    here, there = (
        digest(REF, 1, at=at, event="received", actor="staff:ana", data={}, previous=START)
        for at in (NOW, NOW.astimezone(berlin))
    )
    assert here == there


def test_a_digest_is_sha_256_of_canonical_json() -> None:
    """Known answer, so that a later version cannot silently compute another one."""
    found = digest(
        REF, 1, at=NOW, event="received", actor="staff:ana",
        data={"b": "ü", "a": 1}, previous=START,
    )  # fmt: skip
    text = (
        '{"actor":"staff:ana","at":"2026-03-02T09:00:00.000000+00:00","data":{"a":1,"b":"ü"},'
        f'"event":"received","previous":"{START}","seq":1,"ticket":"{REF}"}}'
    )
    assert found == hashlib.sha256(text.encode()).hexdigest()
