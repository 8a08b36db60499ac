"""The hands of the contract's promises: what each of them asks an adapter to do."""

# ruff: noqa: S101 - asserts are this module's trade

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from dsar.sdk import (
    VERBS,
    Adapter,
    Attachment,
    Batch,
    Done,
    Item,
    Later,
    Page,
    Receipt,
    Record,
    Subject,
)

#: How often a source may ask for patience before a test gives up, and how long it waits each time.
PATIENCE = 100
LONGEST_WAIT = 0.2
#: Bytes of an attachment that may be in memory at once.
LARGEST_BLOCK = 16 * 1024 * 1024

Manifest = Sequence[tuple[str, Sequence[str]]]


def found_by(
    adapter: Adapter,
    subject: Subject,
    mark: str | None = None,
    *,
    asked: list[Later] | None = None,
) -> Iterator[Page]:
    """The pages of a search; a source that works on it is asked again, as the engine does.

    How it asked for patience is added to `asked`. Where it names no checkpoint itself, it goes on
    behind the last page it gave.
    """
    tried = 0
    while tried < PATIENCE:
        try:
            for page in adapter.find(subject, mark):
                tried, mark = 0, page.checkpoint or mark
                yield page
        except Later as later:
            tried, mark = tried + 1, later.checkpoint or mark
            _be_patient(later, asked)
        else:
            return
    raise AssertionError(f"It asked for patience {PATIENCE} times and never answered.")


def _be_patient(later: Later, asked: list[Later] | None) -> None:
    if asked is not None:
        asked.append(later)
    time.sleep(min(max(later.wait, 0.0), LONGEST_WAIT))


def records_of(adapter: Adapter, subject: Subject) -> list[Record]:
    """Every record of a person."""
    return [record for page in found_by(adapter, subject) for record in page.records]


def first_pages(pages: Iterator[Page], stop: int) -> list[Page]:
    """The first pages, then the process dies."""
    taken = list(islice(pages, stop + 1))
    assert len(taken) == stop + 1, "It gave fewer pages the second time."
    close = getattr(pages, "close", None)
    if close:
        close()
    return taken


def stranger(adapter: Adapter) -> Subject:
    """Somebody no source has heard of, with an identifier of each kind."""
    known = {"email": "stranger-7f3a@nowhere.invalid", "phone": "+999000000000"}
    return Subject.of((kind, known.get(kind, "stranger-7f3a")) for kind in adapter.identifies_by)


def manifest_of(adapter: Adapter, subject: Subject) -> Manifest:
    """The keys of all the person's records, children before parents, as the engine acts on them."""
    found = records_of(adapter, subject)
    order = [one.name for one in reversed(adapter.collections())]
    return [
        (name, keys)
        for name in order
        if (keys := [record.key for record in found if record.collection == name])
    ]


def run_all(
    adapter: Adapter, verb: str, manifest: Manifest, *, asked: list[Later] | None = None
) -> list[Receipt]:
    """The receipts of a verb for every key of the manifest."""
    return [
        receipt
        for name, keys in manifest
        for receipt in receipts_of(
            adapter,
            verb,
            Batch(name, [Item(key) for key in keys], f"contract-{verb}"),
            asked=asked,
        )
    ]


def receipts_of(
    adapter: Adapter, verb: str, batch: Batch, *, asked: list[Later] | None = None
) -> list[Receipt]:
    """The receipts of one batch, one per record and each of this verb.

    Where the adapter asks for patience, what it gave until then is kept, and it is asked for the
    rest, as the engine does.
    """
    receipts = list(_given(adapter, verb, batch, asked))
    given, answered = [item.key for item in batch.items], [one.key for one in receipts]
    assert sorted(given) == sorted(answered), f"{verb} must give one receipt per record."
    assert {one.collection for one in receipts} <= {batch.collection}
    allowed = VERBS.get(verb, frozenset(Done))
    assert {one.done for one in receipts} <= allowed, f"{verb} gave a receipt of another verb."
    for one in receipts:
        excuse = one.reason or one.done not in {Done.KEPT, Done.FAILED}
        assert excuse, f"A receipt of {verb} says {one.done} without a reason."
    return receipts


def _given(
    adapter: Adapter, verb: str, batch: Batch, asked: list[Later] | None
) -> Iterator[Receipt]:
    left, tried = list(batch.items), 0
    while tried < PATIENCE:
        try:
            for receipt in getattr(adapter, verb)(replace(batch, items=left)):
                tried = 0
                left = [item for item in left if item.key != receipt.key]
                yield receipt
        except Later as later:
            tried += 1
            _be_patient(later, asked)
            if not left:
                return
        else:
            return
    raise AssertionError(
        f"{verb} asked for patience {PATIENCE} times and gave no receipt. Yield each receipt as "
        "soon as its record is done, so that it counts."
    )


def done_in(receipts: Sequence[Receipt], done: Done) -> set[tuple[str, str]]:
    """The records whose receipts say so."""
    return {(one.collection, one.key) for one in receipts if one.done is done}


def act_on_all(
    adapter: Adapter, verb: str, person: Subject, *, asked: list[Later] | None = None
) -> list[Receipt]:
    """The receipts of a verb for everything of a person."""
    return run_all(adapter, verb, manifest_of(adapter, person), asked=asked)


def assert_patience_is_asked_well(asked: Sequence[Later], person: Subject) -> None:
    """Each says why and how long, and nothing of the person."""
    for later in asked:
        assert later.reason, "It asks for patience without a reason."
        assert 0 < later.wait <= 86_400, "It must say how long, in seconds, up to a day."
        assert_no_personal_data(later, person)


def assert_no_new_failure(verb: str, first: Sequence[Receipt], again: Sequence[Receipt]) -> None:
    """What could be done once can be done again."""
    failed = {(r.collection, r.key) for r in first if r.done is Done.FAILED}
    new = [r for r in again if r.done is Done.FAILED and (r.collection, r.key) not in failed]
    assert not new, f"The second {verb} failed where the first did not: {new[0].reason}"


def assert_no_personal_data(failure: Exception, person: Subject) -> None:
    """Neither a failure nor what it came from shows an identifier."""
    shown = [str(failure), repr(failure)]
    if failure.__cause__ or (failure.__context__ and not failure.__suppress_context__):
        shown.append(repr(failure.__cause__ or failure.__context__))
    for _kind, value in person.pairs():
        assert not any(value in text for text in shown), "An exception shows an identifier."


def whole_of(adapter: Adapter, record: Record, attachment: Attachment) -> tuple[int, str]:
    """The length and the hash of an attachment; no block of it is larger than LARGEST_BLOCK."""
    for _ in range(PATIENCE):
        try:
            return _measured(adapter, record, attachment)
        except Later as later:
            _be_patient(later, None)
    raise AssertionError(f"It asked for patience {PATIENCE} times and never gave the attachment.")


def _measured(adapter: Adapter, record: Record, attachment: Attachment) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for block in adapter.read(record.collection, record.key, attachment):
        assert isinstance(block, bytes), "An attachment is read in blocks of bytes."
        assert len(block) <= LARGEST_BLOCK, f"A block of an attachment has {len(block):,} bytes."
        size += len(block)
        digest.update(block)
    return size, digest.hexdigest()
