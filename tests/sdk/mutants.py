"""Adapters that each break one promise of the contract, and the promise each breaks."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dsar.sdk import (
    Adapter,
    Attachment,
    Batch,
    Collection,
    Done,
    Field,
    Later,
    NeedsHuman,
    Page,
    Receipt,
    Record,
    Subject,
)
from tests.sdk.sound import Marking, Sound


class Wildcards(Sound):
    """Compares as LIKE does."""

    def matches(self, stored: str, wanted: str) -> bool:
        import fnmatch

        pattern = wanted.replace("%", "*").replace("_", "?")
        return bool(wanted) and fnmatch.fnmatchcase(stored, pattern)


class Empty(Sound):
    """An empty identifier finds the rows without one."""

    def matches(self, stored: str, wanted: str) -> bool:
        return stored == wanted


class Substring(Sound):
    def matches(self, stored: str, wanted: str) -> bool:
        return bool(wanted) and wanted in stored


class PlusTags(Sound):
    """Takes plus-addresses for the same person."""

    def matches(self, stored: str, wanted: str) -> bool:
        return bool(wanted) and stored.replace("+tag", "") == wanted.replace("+tag", "")


class Forgetful(Sound):
    """Loses the record behind each page's border."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        yield from super().find(subject, str(int(checkpoint) + 2) if checkpoint else None)


class Repeating(Sound):
    """Gives the last record of a page again after a crash."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        yield from super().find(subject, str(int(checkpoint) - 1) if checkpoint else None)


class Endless(Sound):
    """Has a checkpoint on its last page, too."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        for page in super().find(subject, checkpoint):
            yield replace(page, checkpoint=page.checkpoint or "99")


class CutShort(Sound):
    """Takes the first page for the last one, as where a system's sign for more is misread."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        for page in super().find(subject, checkpoint):
            yield replace(page, checkpoint=None)
            return


class Twice(Sound):
    """Gives each record twice."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        for page in super().find(subject, checkpoint):
            yield replace(page, records=[*page.records, *page.records])


class Inconsiderate(Sound):
    """Does not say what other people depend on too."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        for page in super().find(subject, checkpoint):
            yield replace(page, records=[replace(r, shared=False) for r in page.records])


class Random(Sound):
    """Answers in another order each time."""

    turn = 0

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        self.turn += 1
        pages = list(super().find(subject, checkpoint))
        yield from reversed(pages) if self.turn % 2 else pages


class Dates(Sound):
    """Hands out values JSON has no word for."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        for page in super().find(subject, checkpoint):
            yield replace(
                page, records=[replace(r, data={**r.data, "name": b"x"}) for r in page.records]
            )


class Unexplained(Sound):
    def collections(self) -> Sequence[Collection]:
        return [Collection("people", {"en": "People"}, (Field("email", {"en": "E-mail"}),))]


class NoReceipts(Sound):
    def erase(self, batch: Batch) -> list[Receipt]:
        return super().erase(batch)[:1]


class Boasting(Sound):
    """Says it erased what was not there."""

    def erase(self, batch: Batch) -> list[Receipt]:
        return [replace(one, done=Done.ERASED) for one in super().erase(batch)]


class Lying(Sound):
    """Says it erased and did not."""

    def erase(self, batch: Batch) -> list[Receipt]:
        return [Receipt(batch.collection, item.key, Done.ERASED) for item in batch.items]


class Scythe(Sound):
    """Erases everybody."""

    def erase(self, batch: Batch) -> list[Receipt]:
        receipts = super().erase(batch)
        self.settings.rows.clear()
        return receipts


class Creeping(Sound):
    """Goes one record further each time it is asked."""

    def erase(self, batch: Batch) -> list[Receipt]:
        next_one = [item for item in batch.items if item.key in self.settings.rows][:1]
        done = super().erase(Batch(batch.collection, next_one, batch.idempotency_key))
        others = [item for item in batch.items if item not in next_one]
        return [*done, *(Receipt("people", i.key, Done.KEPT, "Later.") for i in others)]


class WrongField(Sound):
    """Writes corrections of fields nobody knows."""

    def _rectified(self, batch: Batch, item: Any) -> Receipt:
        if batch.collection == "people":
            self.settings.rows[item.key].update(item.changes)
        done = Done.RECTIFIED if batch.collection == "people" else Done.FAILED
        return Receipt(batch.collection, item.key, done, "No such collection.")


class Everyone(Sound):
    """Corrects all people alike."""

    def _rectified(self, batch: Batch, item: Any) -> Receipt:
        receipt = super()._rectified(batch, item)
        if receipt.done is Done.RECTIFIED:
            for row in self.settings.rows.values():
                row.update(item.changes)
        return receipt


class Gone(Sound):
    """Where its system is not there, says that nothing is held; and finds nothing wrong."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        return iter(())


class Quoting(Gone):
    """Names the person in its failure."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        raise NeedsHuman(f"Nobody answers for {subject.pairs()}.")


class Patient(Sound):
    """Starts a job and is asked after it; every record has a file."""

    waits: float = 1.0
    reason = "The job runs."

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        if checkpoint is None and subject.values("email") != ("",):
            raise Later(self.reason, self.waits, "0")
        for page in super().find(subject, checkpoint):
            yield replace(
                page, records=[replace(r, attachments=self.files(r)) for r in page.records]
            )

    def files(self, record: Record) -> tuple[Attachment, ...]:
        return (Attachment("1", "a.txt", size=3), Attachment("2", "b.txt"))

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        yield b"a"
        yield b"bc"


class Impatient(Patient):
    """Does not say when it may be asked again."""

    waits = 0.0


class Blabbing(Patient):
    reason = "Looking for ann@example.com."


class ForgetsTheJob(Patient):
    """Loses a record each time it goes on."""

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        rows = self.settings.rows
        if checkpoint == "0":
            rows.pop(next((k for k in rows if rows[k]["email"] == "ann@example.com"), ""), None)
        yield from super().find(subject, checkpoint)


class Never(Patient):
    """Asks for patience for ever."""

    waits = 0.0001

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        raise Later(self.reason, self.waits, "0")
        yield


class OtherLength(Patient):
    def files(self, record: Record) -> tuple[Attachment, ...]:
        return (Attachment("1", "a.txt", size=4),)


class OtherBytes(Patient):
    turn = 0

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        self.turn += 1
        yield b"%03d" % self.turn


class SameReference(Patient):
    def files(self, record: Record) -> tuple[Attachment, ...]:
        return (Attachment("1", "a.txt"), Attachment("1", "b.txt"))


class HugeBlocks(Patient):
    def files(self, record: Record) -> tuple[Attachment, ...]:
        return (Attachment("1", "a.txt"),)

    def read(self, collection: str, key: str, attachment: Attachment) -> Iterator[bytes]:
        yield bytes(17 << 20)


class Limited(Sound):
    """A system that takes one request at a time, searches and changes alike, then asks for
    patience; its adapter gives what it has as soon as it has it."""

    asked = 0

    def request(self) -> None:
        self.asked += 1
        if self.asked % 2 == 0:
            raise Later("It asks us to wait (429).", 1.0)

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        pages = super().find(subject, checkpoint)
        while True:
            self.request()
            page = next(pages, None)
            if page is None:
                return
            yield page
            if page.checkpoint is None:
                return

    def erase(self, batch: Batch) -> Iterator[Receipt]:  # type: ignore[override]
        for item in batch.items:
            self.request()
            yield self._each(batch, item, self.settings.rows.pop)


class ThrowsAway(Limited):
    """Collects its receipts, and loses them all where the system asks for patience."""

    def erase(self, batch: Batch) -> list[Receipt]:  # type: ignore[override]
        return list(super().erase(batch))


class Hasty(Limited):
    """Does not say for how long it is to be left alone."""

    def request(self) -> None:
        self.asked += 1
        if self.asked % 2 == 0:
            raise Later("It asks us to wait (429).", -1.0)


class Sticky(Marking):
    """Says that a restriction has ended and leaves the mark where it is."""

    def lift(self, batch: Batch) -> list[Receipt]:
        return self._marked(batch, Done.LIFTED, lambda _row: None)


class Clearing(Marking):
    """Ends a restriction of everybody."""

    def lift(self, batch: Batch) -> list[Receipt]:
        for row in self.settings.rows.values():
            row.update(name="")
        return super().lift(batch)


MUTANTS: dict[type[Adapter], str] = {
    Wildcards: "it_finds_nothing_for_nasty_identifiers",
    Empty: "it_finds_nothing_for_nasty_identifiers",
    Substring: "an_identifier_much_like_the_persons_does_not_find_them",
    PlusTags: "it_never_gives_another_persons_record",
    Forgetful: "it_goes_on_after_a_crash_at_any_page_border",
    Repeating: "it_goes_on_after_a_crash_at_any_page_border",
    Endless: "every_page_but_the_last_has_a_checkpoint",
    CutShort: "it_finds_exactly_the_persons_records",
    Twice: "it_finds_exactly_the_persons_records",
    Inconsiderate: "a_record_that_others_depend_on_says_so",
    Random: "it_answers_the_same_twice",
    Dates: "every_record_can_be_handed_over",
    Unexplained: "every_record_can_be_handed_over",
    NoReceipts: "each_verb_gives_one_receipt_per_record_and_touches_nobody_else",
    Boasting: "a_record_that_is_not_there_is_never_called_erased",
    Lying: "erased_records_are_gone",
    Scythe: "each_verb_gives_one_receipt_per_record_and_touches_nobody_else",
    Creeping: "acting_twice_is_harmless",
    WrongField: "a_correction_of_an_unknown_field_fails_by_name",
    Everyone: "a_correction_is_written_and_nothing_else",
    Impatient: "when_it_asks_for_patience_it_goes_on_where_it_says",
    Blabbing: "when_it_asks_for_patience_it_goes_on_where_it_says",
    ForgetsTheJob: "when_it_asks_for_patience_it_goes_on_where_it_says",
    Never: "it_finds_exactly_the_persons_records",
    OtherLength: "attachments_are_the_same_twice_and_as_long_as_said",
    OtherBytes: "attachments_are_the_same_twice_and_as_long_as_said",
    SameReference: "attachments_are_the_same_twice_and_as_long_as_said",
    HugeBlocks: "attachments_are_the_same_twice_and_as_long_as_said",
    ThrowsAway: "what_was_done_before_it_asks_for_patience_counts",
    Hasty: "when_it_asks_for_patience_it_goes_on_where_it_says",
    Sticky: "a_record_whose_restriction_was_lifted_is_as_it_was",
    Clearing: "each_verb_gives_one_receipt_per_record_and_touches_nobody_else",
    Gone: "a_source_that_is_not_there_is_named_without_personal_data",
}
