"""What every adapter promises, as tests to inherit.

    class TestShop(AdapterContract):
        @pytest.fixture
        def adapter(self, tmp_path): ...        # a source of its own for every test
        @pytest.fixture
        def world(self): return World(person=…, keys=…, neighbour=…)

Give the source so many records of the person that `find` needs several pages (a small page size
does), and the neighbour data much like theirs. The promises carry the version of the SDK.
"""

# ruff: noqa: S101 - asserts are this module's trade

import json
import tracemalloc
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dsar.domain.records import unexplained
from dsar.sdk import (
    VERBS,
    VERSION,
    Adapter,
    Batch,
    Done,
    Item,
    Later,
    Match,
    NeedsHuman,
    Page,
    Problem,
    Receipt,
    Record,
    Subject,
    can,
)
from dsar.sdk.nasty import NASTY, nasty

__all__ = ["NASTY", "VERSION", "AdapterContract", "World", "nasty"]


@dataclass(frozen=True)
class World:
    """What the test source holds.

    `person` has exactly the records of `keys` (collection → keys); `neighbour` is somebody else who
    has data there too. `correction` is a (collection, field, new value) that may be written.
    """

    person: Subject
    keys: Mapping[str, frozenset[str]]
    neighbour: Subject
    correction: tuple[str, str, Any] | None = None


class AdapterContract:
    """Inherit, name the two fixtures, and every promise below is tested."""

    #: The most records one page may hold: the engine keeps a page in memory.
    largest_page: ClassVar[int] = 5_000
    #: The most memory one page may cost beyond what it holds, in bytes.
    page_memory: ClassVar[int] = 32 * 1024 * 1024
    #: Set to False for a source that always answers in a single page.
    several_pages: ClassVar[bool] = True

    def unreachable(self) -> Adapter | None:
        """The same adapter pointed at a system that is not there; None leaves that promise out."""
        return None

    # --- what it is -------------------------------------------------------------------------------

    def test_it_says_what_it_is_and_what_it_searches_by(self, adapter: Adapter) -> None:
        assert adapter.name, "Give the class a name."
        assert adapter.title, "Give the class a title."
        assert isinstance(adapter.settings, type(adapter).Settings), "Settings must be its class."
        assert adapter.identifies_by, "Name at least one kind of identifier in identifies_by."

    def test_its_check_finds_nothing_wrong(self, adapter: Adapter) -> None:
        problems = [str(one) for one in adapter.check()]
        assert not problems, f"check() names problems in a source that works: {problems}"

    def test_it_explains_every_field(self, adapter: Adapter) -> None:
        names = [one.name for one in adapter.collections()]
        assert names, "collections() is empty."
        assert len(set(names)) == len(names), "Two collections have the same name."
        for one in adapter.collections():
            assert any(one.title.values()), f"Collection {one.name} has no title."
            for entry in one.fields:
                assert any(entry.label.values()), f"Field {one.name}.{entry.name} has no label."

    # --- what it finds ----------------------------------------------------------------------------

    def test_it_finds_exactly_the_persons_records(self, adapter: Adapter, world: World) -> None:
        found = _records(adapter, world.person)
        keys: dict[str, set[str]] = {}
        for record in found:
            keys.setdefault(record.collection, set()).add(record.key)
        assert keys == {name: set(own) for name, own in world.keys.items() if own}
        assert sum(map(len, keys.values())) == len(found), "A record was given twice."

    def test_every_record_can_be_handed_over(self, adapter: Adapter, world: World) -> None:
        known = {one.name: one for one in adapter.collections()}
        for record in _records(adapter, world.person):
            place = record.collection
            assert place in known, f"Collection {place} is not among collections()."
            assert record.key, f"A record of {place} has no key."
            assert isinstance(record.match, Match), f"A record of {place} has no match evidence."
            text = json.dumps(dict(record.data), allow_nan=False, ensure_ascii=False)
            assert json.loads(text.encode().decode()) == record.data, f"{place} is not plain JSON."
            strange = unexplained(known[place], record.data)
            assert not strange, f"Fields of {place} are not in the dictionary: {strange}."

    def test_it_finds_nothing_for_nobody(self, adapter: Adapter) -> None:
        assert _records(adapter, Subject()) == [], "An empty subject found records."
        assert _records(adapter, Subject({"unheard_of": ("x",)})) == []

    def test_it_finds_nothing_for_a_stranger(self, adapter: Adapter) -> None:
        assert _records(adapter, _stranger(adapter)) == [], "A stranger found records."

    def test_it_finds_nothing_for_nasty_identifiers(self, adapter: Adapter) -> None:
        for kind in adapter.identifies_by:
            for value in NASTY:
                found = _records(adapter, Subject({kind: (value,)}))
                assert not found, f"The {kind} {value!r} is nobody's and found records."

    def test_an_identifier_much_like_the_persons_does_not_find_them(
        self, adapter: Adapter, world: World
    ) -> None:
        own = {(r.collection, r.key) for r in _records(adapter, world.person)}
        for kind, true in world.person.pairs():
            for value in nasty(true):
                found = _records(adapter, Subject({kind: (value,)}))
                theirs = own & {(r.collection, r.key) for r in found}
                assert not theirs, f"{value!r} is not {true!r} and found the same records."

    def test_upper_case_and_unicode_forms_of_an_e_mail_address_are_the_same_person(
        self, adapter: Adapter, world: World
    ) -> None:
        forms = [
            (kind, unicodedata.normalize("NFD", value.upper() if kind == "email" else value))
            for kind, value in world.person.pairs()
        ]
        assert _records(adapter, Subject.of(forms)) == _records(adapter, world.person)

    def test_a_strangers_identifiers_add_nothing(self, adapter: Adapter, world: World) -> None:
        both = Subject.of([*world.person.pairs(), *_stranger(adapter).pairs()])
        assert _records(adapter, both) == _records(adapter, world.person)

    def test_it_never_gives_another_persons_record(self, adapter: Adapter, world: World) -> None:
        own = {(r.collection, r.key) for r in _records(adapter, world.person)}
        others = {(r.collection, r.key) for r in _records(adapter, world.neighbour)}
        assert others, "The world's neighbour has no data; nothing would be proven."
        assert not own & others, "A record was given to two people."

    def test_it_answers_the_same_twice(self, adapter: Adapter, world: World) -> None:
        assert _records(adapter, world.person) == _records(adapter, world.person)

    # --- how it pages -----------------------------------------------------------------------------

    def test_every_page_but_the_last_has_a_checkpoint(self, adapter: Adapter, world: World) -> None:
        pages = list(adapter.find(world.person))
        assert len(pages) > 1 or not self.several_pages, "Make the page size of the test smaller."
        marks = [page.checkpoint for page in pages]
        assert marks[-1] is None, "The last page has a checkpoint: there is nothing after it."
        assert all(marks[:-1]), "A page that is not the last has no checkpoint."
        assert len(set(marks)) == len(marks), "Two pages have the same checkpoint."

    def test_it_goes_on_after_a_crash_at_any_page_border(
        self, adapter: Adapter, world: World
    ) -> None:
        whole = _records(adapter, world.person)
        for stop in range(len(list(adapter.find(world.person)))):
            first = _until(adapter.find(world.person), stop)
            mark = first[-1].checkpoint
            rest = [] if mark is None else list(adapter.find(world.person, mark))
            found = [record for page in (*first, *rest) for record in page.records]
            assert found == whole, f"After a crash behind page {stop + 1} the answer differs."

    def test_a_page_stays_small(self, adapter: Adapter, world: World) -> None:
        largest = max(len(page.records) for page in adapter.find(world.person))
        assert largest <= self.largest_page, f"A page holds {largest} records."
        tracemalloc.start()
        try:
            for _page in adapter.find(world.person):
                tracemalloc.reset_peak()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < self.page_memory, f"A page costs {peak:,} bytes."

    # --- how it acts ------------------------------------------------------------------------------

    def test_each_verb_gives_one_receipt_per_record_and_touches_nobody_else(
        self, adapter: Adapter, world: World
    ) -> None:
        before = _records(adapter, world.neighbour)
        for verb in ("restrict", "object_to", "erase"):
            if can(adapter, verb):
                _act_on_all(adapter, verb, world.person)
                assert _records(adapter, world.neighbour) == before, f"{verb} touched a neighbour."

    def test_acting_twice_is_harmless(self, adapter: Adapter, world: World) -> None:
        if not type(adapter).repeatable:
            assert can(adapter, "probe"), "A source that cannot repeat must be able to probe."
            return
        for verb in ("restrict", "object_to", "erase"):
            if can(adapter, verb):
                manifest = _manifest(adapter, world.person)
                first = _run(adapter, verb, manifest)
                after = _records(adapter, world.person)
                again = _run(adapter, verb, manifest)
                assert _records(adapter, world.person) == after, f"The second {verb} did more."
                _assert_no_new_failure(verb, first, again)

    def test_erased_records_are_gone(self, adapter: Adapter, world: World) -> None:
        if not can(adapter, "erase"):
            return
        receipts = _act_on_all(adapter, "erase", world.person)
        gone = {(r.collection, r.key) for r in receipts if r.done in {Done.ERASED, Done.MISSING}}
        left = {(r.collection, r.key) for r in _records(adapter, world.person)}
        assert not gone & left, "A record whose receipt says it is gone was found again."

    def test_a_record_that_is_not_there_is_never_called_erased(
        self, adapter: Adapter, world: World
    ) -> None:
        if not can(adapter, "erase"):
            return
        _act_on_all(adapter, "erase", world.person)
        again = _run(adapter, "erase", [(name, tuple(keys)) for name, keys in world.keys.items()])
        assert all(one.done is not Done.ERASED for one in again), "Erased what was gone."

    def test_a_correction_is_written_and_nothing_else(self, adapter: Adapter, world: World) -> None:
        if not can(adapter, "rectify") or world.correction is None:
            return
        collection, field, value = world.correction
        before = {(r.collection, r.key): r for r in _records(adapter, world.person)}
        neighbours = _records(adapter, world.neighbour)
        items = [Item(key, changes={field: value}) for key in sorted(world.keys[collection])]
        receipts = _receipts(adapter, "rectify", Batch(collection, items, "contract-rectify"))
        assert {one.done for one in receipts} == {Done.RECTIFIED}
        for record in _records(adapter, world.person):
            old = before[record.collection, record.key].data
            wanted = {**old, field: value} if record.collection == collection else old
            assert dict(record.data) == dict(wanted), "The correction is not what was asked."
        assert _records(adapter, world.neighbour) == neighbours, "A neighbour was corrected."

    def test_a_correction_of_an_unknown_field_fails_by_name(
        self, adapter: Adapter, world: World
    ) -> None:
        if not can(adapter, "rectify"):
            return
        before = _records(adapter, world.person)
        for name, keys in world.keys.items():
            items = [Item(key, changes={"no_such_field": "secret-value"}) for key in sorted(keys)]
            for receipt in _receipts(adapter, "rectify", Batch(name, items, "contract-unknown")):
                assert receipt.done is Done.FAILED, "An unknown field was accepted."
                assert "no_such_field" in receipt.reason, "The reason does not name the field."
                assert "secret-value" not in receipt.reason, "The reason holds a value."
        assert _records(adapter, world.person) == before

    def test_an_unknown_collection_changes_nothing(self, adapter: Adapter, world: World) -> None:
        before = _records(adapter, world.person)
        for verb in VERBS:
            if can(adapter, verb):
                items = [Item("1", changes={"a": "b"})]
                try:
                    receipts = _receipts(adapter, verb, Batch("no_such", items, "contract-no"))
                except NeedsHuman:
                    continue
                assert {one.done for one in receipts} == {Done.FAILED}, "An unknown collection."
        assert _records(adapter, world.person) == before

    def test_probing_tells_what_is_there_and_changes_nothing(
        self, adapter: Adapter, world: World
    ) -> None:
        if not can(adapter, "probe"):
            return
        before = _records(adapter, world.person)
        manifest = _manifest(adapter, world.person)
        assert all(one.done is not Done.MISSING for one in _run(adapter, "probe", manifest))
        assert _records(adapter, world.person) == before, "Probing changed something."
        if can(adapter, "erase"):
            erased = {(r.collection, r.key): r.done for r in _run(adapter, "erase", manifest)}
            for receipt in _run(adapter, "probe", manifest):
                if erased[receipt.collection, receipt.key] is Done.ERASED:
                    assert receipt.done is Done.MISSING, "An erased record is said to be there."

    # --- when it cannot ---------------------------------------------------------------------------

    def test_a_source_that_is_not_there_is_named_without_personal_data(self, world: World) -> None:
        adapter = self.unreachable()
        if adapter is None:
            return
        problems = list(adapter.check())
        assert problems, "check() finds nothing wrong with a source that is not there."
        assert all(isinstance(one, Problem) for one in problems)
        try:
            list(adapter.find(world.person))
        except (Later, NeedsHuman) as failure:
            _assert_no_personal_data(failure, world)
        else:
            raise AssertionError("A source that is not there answered that it holds nothing.")

    def test_a_strange_checkpoint_is_refused_or_starts_anew(
        self, adapter: Adapter, world: World
    ) -> None:
        whole = _records(adapter, world.person)
        try:
            pages = list(adapter.find(world.person, "no checkpoint of yours"))
        except (Later, NeedsHuman) as failure:
            _assert_no_personal_data(failure, world)
        else:
            found = [record for page in pages for record in page.records]
            assert found == whole, "A strange checkpoint lost records."


# --- the hands of the promises --------------------------------------------------------------------

Manifest = Sequence[tuple[str, Sequence[str]]]


def _records(adapter: Adapter, subject: Subject) -> list[Record]:
    return [record for page in adapter.find(subject) for record in page.records]


def _until(pages: Iterator[Page], stop: int) -> list[Page]:
    """The first pages, then the process dies."""
    taken = [next(pages) for _ in range(stop + 1)]
    close = getattr(pages, "close", None)
    if close:
        close()
    return taken


def _stranger(adapter: Adapter) -> Subject:
    """Somebody no source has heard of, with an identifier of each kind."""
    known = {"email": "stranger-7f3a@nowhere.invalid", "phone": "+999000000000"}
    return Subject.of((kind, known.get(kind, "stranger-7f3a")) for kind in adapter.identifies_by)


def _manifest(adapter: Adapter, subject: Subject) -> Manifest:
    """The keys of all the person's records, children before parents, as the engine acts on them."""
    found = _records(adapter, subject)
    order = [one.name for one in reversed(adapter.collections())]
    return [
        (name, keys)
        for name in order
        if (keys := [record.key for record in found if record.collection == name])
    ]


def _run(adapter: Adapter, verb: str, manifest: Manifest) -> list[Receipt]:
    return [
        receipt
        for name, keys in manifest
        for receipt in _receipts(
            adapter, verb, Batch(name, [Item(key) for key in keys], f"contract-{verb}")
        )
    ]


def _receipts(adapter: Adapter, verb: str, batch: Batch) -> list[Receipt]:
    receipts = list(getattr(adapter, verb)(batch))
    given, answered = [item.key for item in batch.items], [one.key for one in receipts]
    assert sorted(given) == sorted(answered), f"{verb} must give one receipt per record."
    assert {one.collection for one in receipts} <= {batch.collection}
    allowed = VERBS.get(verb, frozenset(Done))
    assert {one.done for one in receipts} <= allowed, f"{verb} gave a receipt of another verb."
    for one in receipts:
        excuse = one.reason or one.done not in {Done.KEPT, Done.FAILED}
        assert excuse, f"A receipt of {verb} says {one.done} without a reason."
    return receipts


def _act_on_all(adapter: Adapter, verb: str, person: Subject) -> list[Receipt]:
    return _run(adapter, verb, _manifest(adapter, person))


def _assert_no_new_failure(verb: str, first: Sequence[Receipt], again: Sequence[Receipt]) -> None:
    failed = {(r.collection, r.key) for r in first if r.done is Done.FAILED}
    new = [r for r in again if r.done is Done.FAILED and (r.collection, r.key) not in failed]
    assert not new, f"The second {verb} failed where the first did not: {new[0].reason}"


def _assert_no_personal_data(failure: Exception, world: World) -> None:
    shown = [str(failure), repr(failure)]
    if failure.__cause__ or (failure.__context__ and not failure.__suppress_context__):
        shown.append(repr(failure.__cause__ or failure.__context__))
    for _kind, value in world.person.pairs():
        assert not any(value in text for text in shown), "An exception shows an identifier."
