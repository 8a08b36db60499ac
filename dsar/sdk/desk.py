"""For sources that answer later: a question put down now, the answer fetched when it is there.

An adapter whose class says `answers_later = True` finds a `Desk` in `self.desk` while it works for
a ticket. It asks, and goes on when there is an answer:

    inquiry = at_desk(self).inquiry("find", Question(identifiers=…))
    if inquiry.asked_at is None:
        …send inquiry.url to whoever can answer…
        inquiry = at_desk(self).asked(inquiry)
    answer = settled(inquiry)

The question is the same at every repetition of the task, also after a crash, so it is asked once.
`settled` raises `Later` until somebody answers on the inquiry's own address; the engine then comes
back at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from dsar.domain.reasons import Reason, from_adapter
from dsar.domain.records import Attachment, Receipt, Record, Value
from dsar.sdk import Adapter, Batch, Later, NeedsHuman, Page

__all__ = [
    "Answer",
    "Authentic",
    "Desk",
    "Inquiry",
    "Question",
    "Untrusted",
    "Wanted",
    "about",
    "at_desk",
    "paged",
    "settled",
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One record a question is about; `data` is what is known of it, `fields` and `changes` as in
    `Item`."""

    collection: str
    key: str
    fields: tuple[str, ...] = ()
    changes: Mapping[str, Value] = field(default_factory=dict)
    data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked: as much as they need to answer, and nothing else of the ticket.

    `words` is for people, by language. `identifiers` are the (kind, value) pairs to search by;
    `wanted` the records to act on or to look at again. `key` tells questions of one task apart: a
    batch's idempotency key.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    whom: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    wanted: tuple[Wanted, ...] = ()
    purposes: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: records for `find`, receipts for the other verbs, or why it cannot be said.

    `identifiers` are further (kind, value) pairs of the same person.
    """

    records: tuple[Record, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    cannot: str = ""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question that was put down, and the answer once there is one.

    `url` is the address, secret and its own, on which the question is read and answered. `wait` is
    after how many seconds to look again at the latest; `overdue` says that the day by which an
    answer was wanted (`answer_by`) has passed. `asked_at` is None until `Desk.asked`. `title` is
    what the house calls the source.
    """

    id: str
    title: str
    verb: str
    url: str
    answer_by: date
    asked_at: datetime | None = None
    wait: float = 3600.0
    overdue: bool = False
    answer: Answer | None = None


class Desk(Protocol):
    """What the engine gives an adapter that answers later, for one task of one ticket."""

    @property
    def again(self) -> bool:
        """Whether this is the second look, after the source has acted."""

    def inquiry(self, verb: str, question: Question) -> Inquiry:
        """The inquiry of this verb and `question.key`: put down now, or as it stands by now."""

    def asked(self, inquiry: Inquiry) -> Inquiry:
        """Notes that the question has reached whoever is to answer; not before it has."""

    def answered(self, verb: str) -> Sequence[tuple[Question, Answer]]:
        """What was asked of this source for this ticket before and answered, oldest first."""

    def read(self, attachment: Attachment) -> Iterator[bytes]:
        """The bytes of a file that came with an answer."""


class Untrusted(Exception):  # noqa: N818 - says what the sender is
    """An answer that did not prove who sent it; `reason` tells the sender what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Authentic(Protocol):
    """What an adapter defines if the secret address alone is not enough to answer."""

    def authentic(self, inquiry: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Raises Untrusted unless the sender of this answer to the inquiry of that id is proven.

        `headers` by name in small letters; `now` in seconds since 1970.
        """


def at_desk(adapter: Adapter) -> Desk:
    """The desk of an adapter at work for a ticket; NeedsHuman outside of one."""
    if adapter.desk is None:
        raise NeedsHuman(f"{adapter.title} answers later: it can only be asked within a ticket.")
    return adapter.desk


def settled(inquiry: Inquiry) -> Answer:
    """The answer; raises Later while it is awaited, NeedsHuman when it is overdue or a refusal."""
    if inquiry.answer is not None:
        if inquiry.answer.cannot:
            said = f"{inquiry.title} cannot do it: {inquiry.answer.cannot}"
            raise NeedsHuman(said, code="answered_no", words=inquiry.answer.cannot)
        return inquiry.answer
    if inquiry.overdue:
        late = f"It was wanted by {inquiry.answer_by}; a late answer counts."
        raise NeedsHuman(f"{_standing(inquiry)} {late}", code="no_answer")
    raise Later(_standing(inquiry), wait=inquiry.wait, code="no_answer")


def awaited(inquiry: Inquiry) -> Reason:
    """How an unanswered inquiry stands, as the coverage line says it."""
    return from_adapter(_standing(inquiry), "no_answer")


def _standing(inquiry: Inquiry) -> str:
    asked = f"on {inquiry.asked_at.date()}" if inquiry.asked_at else "not yet"
    return f"Asked {inquiry.title} {asked}, not answered."


def about(batch: Batch, known: Mapping[tuple[str, str], Mapping[str, Value]]) -> tuple[Wanted, ...]:
    """A batch's records for a question, each with what is known of it by (collection, key)."""
    return tuple(
        Wanted(
            batch.collection,
            item.key,
            item.fields,
            item.changes,
            known.get((batch.collection, item.key), {}),
        )
        for item in batch.items
    )


def paged(answer: Answer, checkpoint: str | None, size: int) -> Iterator[Page]:
    """An answer's records as pages of `find`; checkpoints count the records already given."""
    try:
        start = int(checkpoint or 0)
    except ValueError:
        raise NeedsHuman("This checkpoint is not one of this source's.") from None
    for at in range(start, len(answer.records), size):
        records = answer.records[at : at + size]
        more = at + size < len(answer.records)
        yield Page(records, str(at + size) if more else None, answer.identifiers)
    if not answer.records and answer.identifiers:
        yield Page((), None, answer.identifiers)
