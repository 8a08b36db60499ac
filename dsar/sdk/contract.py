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
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    Problem,
    Subject,
    can,
)
from dsar.sdk.nasty import NASTY, nasty
from dsar.sdk.promises import (
    act_on_all,
    assert_no_new_failure,
    assert_no_personal_data,
    assert_patience_is_asked_well,
    done_in,
    first_pages,
    found_by,
    manifest_of,
    receipts_of,
    records_of,
    run_all,
    stranger,
    whole_of,
)

__all__ = ["NASTY", "VERSION", "AdapterContract", "World", "nasty"]


@dataclass(frozen=True)
class World:
    """What the test source holds.

    `person` has exactly the records of `keys` (collection → keys); `neighbour` is somebody else who
    has data there too. `correction` is a (collection, field, new value) that may be written.
    `shared` are those of `keys` that other people's records depend on too.
    """

    person: Subject
    keys: Mapping[str, frozenset[str]]
    neighbour: Subject
    correction: tuple[str, str, Any] | None = None
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)


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
        problems = [str(one) for one in adapter.check() if not one.warning]
        assert not problems, f"check() names a problem: {' '.join(problems)}"

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
        found = records_of(adapter, world.person)
        keys: dict[str, set[str]] = {}
        for record in found:
            keys.setdefault(record.collection, set()).add(record.key)
        assert keys == {name: set(own) for name, own in world.keys.items() if own}
        assert sum(map(len, keys.values())) == len(found), "A record was given twice."

    def test_every_record_can_be_handed_over(self, adapter: Adapter, world: World) -> None:
        known = {one.name: one for one in adapter.collections()}
        for record in records_of(adapter, world.person):
            place = record.collection
            assert place in known, f"Collection {place} is not among collections()."
            assert record.key, f"A record of {place} has no key."
            assert isinstance(record.match, Match), f"A record of {place} has no match evidence."
            text = json.dumps(dict(record.data), allow_nan=False, ensure_ascii=False)
            assert json.loads(text.encode().decode()) == record.data, f"{place} is not plain JSON."
            strange = unexplained(known[place], record.data)
            assert not strange, f"Fields of {place} are not in the dictionary: {strange}."

    def test_it_finds_nothing_for_nobody(self, adapter: Adapter) -> None:
        assert records_of(adapter, Subject()) == [], "An empty subject found records."
        assert records_of(adapter, Subject({"unheard_of": ("x",)})) == []

    def test_it_finds_nothing_for_a_stranger(self, adapter: Adapter) -> None:
        assert records_of(adapter, stranger(adapter)) == [], "A stranger found records."

    def test_it_finds_nothing_for_nasty_identifiers(self, adapter: Adapter) -> None:
        for kind in adapter.identifies_by:
            for value in NASTY:
                found = records_of(adapter, Subject({kind: (value,)}))
                assert not found, f"The {kind} {value!r} is nobody's and found records."

    def test_an_identifier_much_like_the_persons_does_not_find_them(
        self, adapter: Adapter, world: World
    ) -> None:
        own = {(r.collection, r.key) for r in records_of(adapter, world.person)}
        for kind, true in world.person.pairs():
            for value in nasty(true):
                found = records_of(adapter, Subject({kind: (value,)}))
                theirs = own & {(r.collection, r.key) for r in found}
                assert not theirs, f"{value!r} is not {true!r} and found the same records."

    def test_upper_case_and_unicode_forms_of_an_e_mail_address_are_the_same_person(
        self, adapter: Adapter, world: World
    ) -> None:
        forms = [
            (kind, unicodedata.normalize("NFD", value.upper() if kind == "email" else value))
            for kind, value in world.person.pairs()
        ]
        assert records_of(adapter, Subject.of(forms)) == records_of(adapter, world.person)

    def test_a_strangers_identifiers_add_nothing(self, adapter: Adapter, world: World) -> None:
        both = Subject.of([*world.person.pairs(), *stranger(adapter).pairs()])
        assert records_of(adapter, both) == records_of(adapter, world.person)

    def test_it_never_gives_another_persons_record(self, adapter: Adapter, world: World) -> None:
        own = {(r.collection, r.key) for r in records_of(adapter, world.person)}
        others = {(r.collection, r.key) for r in records_of(adapter, world.neighbour)}
        assert others, "The world's neighbour has no data; nothing would be proven."
        assert not own & others, "A record was given to two people."

    def test_a_record_that_others_depend_on_says_so(self, adapter: Adapter, world: World) -> None:
        found = {
            (record.collection, record.key)
            for page in found_by(adapter, world.person)
            for record in page.records
            if record.shared
        }
        wanted = {(name, key) for name, keys in world.shared.items() for key in keys}
        assert found == wanted, "Record(shared=True) is for what other people depend on too."

    def test_it_answers_the_same_twice(self, adapter: Adapter, world: World) -> None:
        assert records_of(adapter, world.person) == records_of(adapter, world.person)

    # --- how it pages -----------------------------------------------------------------------------

    def test_every_page_but_the_last_has_a_checkpoint(self, adapter: Adapter, world: World) -> None:
        pages = list(found_by(adapter, world.person))
        assert len(pages) > 1 or not self.several_pages, "Make the page size of the test smaller."
        marks = [page.checkpoint for page in pages]
        assert marks[-1] is None, "The last page has a checkpoint: there is nothing after it."
        assert all(marks[:-1]), "A page that is not the last has no checkpoint."
        assert len(set(marks)) == len(marks), "Two pages have the same checkpoint."

    def test_it_goes_on_after_a_crash_at_any_page_border(
        self, adapter: Adapter, world: World
    ) -> None:
        whole = records_of(adapter, world.person)
        for stop in range(len(list(found_by(adapter, world.person)))):
            first = first_pages(found_by(adapter, world.person), stop)
            mark = first[-1].checkpoint
            rest = [] if mark is None else list(found_by(adapter, world.person, mark))
            found = [record for page in (*first, *rest) for record in page.records]
            assert found == whole, f"After a crash behind page {stop + 1} the answer differs."

    def test_a_page_stays_small(self, adapter: Adapter, world: World) -> None:
        largest = max(len(page.records) for page in found_by(adapter, world.person))
        assert largest <= self.largest_page, f"A page holds {largest} records."
        tracemalloc.start()
        try:
            for _page in found_by(adapter, world.person):
                tracemalloc.reset_peak()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < self.page_memory, f"A page costs {peak:,} bytes."

    def test_when_it_asks_for_patience_it_goes_on_where_it_says(
        self, adapter: Adapter, world: World
    ) -> None:
        asked: list[Later] = []
        found = found_by(adapter, world.person, asked=asked)
        again = [record for page in found for record in page.records]
        assert again == records_of(adapter, world.person), "After patience the answer differs."
        assert_patience_is_asked_well(asked, world.person)

    def test_attachments_are_the_same_twice_and_as_long_as_said(
        self, adapter: Adapter, world: World
    ) -> None:
        for page in found_by(adapter, world.person):  # they are read while the search stands open
            for record in page.records:
                references = [one.reference for one in record.attachments]
                assert all(references), "An attachment has no reference."
                assert len(set(references)) == len(references), "Two attachments of one reference."
                for one in record.attachments:
                    assert one.name, "An attachment has no name."
                    size, digest = whole_of(adapter, record, one)
                    assert one.size in {None, size}, f"{one.size} bytes were said, {size} came."
                    assert whole_of(adapter, record, one) == (size, digest), (
                        "Read twice, it differs."
                    )

    # --- how it acts ------------------------------------------------------------------------------

    def test_each_verb_gives_one_receipt_per_record_and_touches_nobody_else(
        self, adapter: Adapter, world: World
    ) -> None:
        before = records_of(adapter, world.neighbour)
        for verb in ("restrict", "lift", "object_to", "erase"):
            if can(adapter, verb):
                act_on_all(adapter, verb, world.person)
                assert records_of(adapter, world.neighbour) == before, (
                    f"{verb} touched a neighbour."
                )

    def test_what_was_done_before_it_asks_for_patience_counts(
        self, adapter: Adapter, world: World
    ) -> None:
        for verb in ("restrict", "lift", "object_to", "erase"):
            if can(adapter, verb):
                asked: list[Later] = []
                act_on_all(adapter, verb, world.person, asked=asked)
                assert_patience_is_asked_well(asked, world.person)

    def test_acting_twice_is_harmless(self, adapter: Adapter, world: World) -> None:
        if not type(adapter).repeatable:
            assert can(adapter, "probe"), "A source that cannot repeat must be able to probe."
            return
        for verb in ("restrict", "lift", "object_to", "erase"):
            if can(adapter, verb):
                manifest = manifest_of(adapter, world.person)
                first = run_all(adapter, verb, manifest)
                after = records_of(adapter, world.person)
                again = run_all(adapter, verb, manifest)
                assert records_of(adapter, world.person) == after, f"The second {verb} did more."
                assert_no_new_failure(verb, first, again)

    def test_a_record_whose_restriction_was_lifted_is_as_it_was(
        self, adapter: Adapter, world: World
    ) -> None:
        if not (can(adapter, "restrict") and can(adapter, "lift")):
            return
        manifest = manifest_of(adapter, world.person)
        before = {(r.collection, r.key): r for r in records_of(adapter, world.person)}
        set_aside = done_in(run_all(adapter, "restrict", manifest), Done.RESTRICTED)
        lifted = done_in(run_all(adapter, "lift", manifest), Done.LIFTED)
        after = {(r.collection, r.key): r for r in records_of(adapter, world.person)}
        for place in set_aside & lifted:
            assert after.get(place) == before[place], "Lifting left a record changed."

    def test_erased_records_are_gone(self, adapter: Adapter, world: World) -> None:
        if not can(adapter, "erase"):
            return
        receipts = act_on_all(adapter, "erase", world.person)
        gone = {(r.collection, r.key) for r in receipts if r.done in {Done.ERASED, Done.MISSING}}
        left = {(r.collection, r.key) for r in records_of(adapter, world.person)}
        assert not gone & left, "A record whose receipt says it is gone was found again."

    def test_a_record_that_is_not_there_is_never_called_erased(
        self, adapter: Adapter, world: World
    ) -> None:
        if not can(adapter, "erase"):
            return
        act_on_all(adapter, "erase", world.person)
        keys = [(name, tuple(own)) for name, own in world.keys.items()]
        again = run_all(adapter, "erase", keys)
        assert all(one.done is not Done.ERASED for one in again), "Erased what was gone."

    def test_a_correction_is_written_and_nothing_else(self, adapter: Adapter, world: World) -> None:
        if not can(adapter, "rectify") or world.correction is None:
            return
        collection, field, value = world.correction
        before = {(r.collection, r.key): r for r in records_of(adapter, world.person)}
        neighbours = records_of(adapter, world.neighbour)
        items = [Item(key, changes={field: value}) for key in sorted(world.keys[collection])]
        receipts = receipts_of(adapter, "rectify", Batch(collection, items, "contract-rectify"))
        assert {one.done for one in receipts} == {Done.RECTIFIED}
        for record in records_of(adapter, world.person):
            old = before[record.collection, record.key].data
            wanted = {**old, field: value} if record.collection == collection else old
            assert dict(record.data) == dict(wanted), "The correction is not what was asked."
        assert records_of(adapter, world.neighbour) == neighbours, "A neighbour was corrected."

    def test_a_correction_of_an_unknown_field_fails_by_name(
        self, adapter: Adapter, world: World
    ) -> None:
        if not can(adapter, "rectify"):
            return
        before = records_of(adapter, world.person)
        for name, keys in world.keys.items():
            items = [Item(key, changes={"no_such_field": "secret-value"}) for key in sorted(keys)]
            for receipt in receipts_of(adapter, "rectify", Batch(name, items, "contract-unknown")):
                assert receipt.done is Done.FAILED, "An unknown field was accepted."
                assert "no_such_field" in receipt.reason, "The reason does not name the field."
                assert "secret-value" not in receipt.reason, "The reason holds a value."
        assert records_of(adapter, world.person) == before

    def test_an_unknown_collection_changes_nothing(self, adapter: Adapter, world: World) -> None:
        before = records_of(adapter, world.person)
        for verb in VERBS:
            if can(adapter, verb):
                items = [Item("1", changes={"a": "b"})]
                try:
                    receipts = receipts_of(adapter, verb, Batch("no_such", items, "contract-no"))
                except NeedsHuman:
                    continue
                assert {one.done for one in receipts} == {Done.FAILED}, "An unknown collection."
        assert records_of(adapter, world.person) == before

    def test_probing_tells_what_is_there_and_changes_nothing(
        self, adapter: Adapter, world: World
    ) -> None:
        if not can(adapter, "probe"):
            return
        before = records_of(adapter, world.person)
        manifest = manifest_of(adapter, world.person)
        assert all(one.done is not Done.MISSING for one in run_all(adapter, "probe", manifest))
        assert records_of(adapter, world.person) == before, "Probing changed something."
        if can(adapter, "erase"):
            erased = {(r.collection, r.key): r.done for r in run_all(adapter, "erase", manifest)}
            for receipt in run_all(adapter, "probe", manifest):
                if erased[receipt.collection, receipt.key] is Done.ERASED:
                    assert receipt.done is Done.MISSING, "An erased record is said to be there."

    # --- when it cannot ---------------------------------------------------------------------------

    def test_a_source_that_is_not_there_is_named_without_personal_data(self, world: World) -> None:
        adapter = self.unreachable()
        if adapter is None:
            return
        try:
            problems = list(adapter.check())
        except (Later, NeedsHuman) as why:
            raise AssertionError(f"check() raises {why!r}. Let it give a Problem instead.") from why
        assert problems, "check() finds nothing wrong with a source that is not there."
        assert all(isinstance(one, Problem) for one in problems)
        try:
            list(adapter.find(world.person))
        except (Later, NeedsHuman) as failure:
            assert_no_personal_data(failure, world.person)
        else:
            raise AssertionError("A source that is not there answered that it holds nothing.")

    def test_a_strange_checkpoint_is_refused_or_starts_anew(
        self, adapter: Adapter, world: World
    ) -> None:
        whole = records_of(adapter, world.person)
        try:
            pages = list(adapter.find(world.person, "no checkpoint of yours"))
        except (Later, NeedsHuman) as failure:
            assert_no_personal_data(failure, world.person)
        else:
            found = [record for page in pages for record in page.records]
            assert found == whole, "A strange checkpoint lost records."
