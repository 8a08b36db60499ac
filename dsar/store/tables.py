"""The tables. Rows are storage only: rules are functions on values, in `dsar.domain`.

Personal data stands only in columns named `sealed…` (AES-256-GCM under the request's data key, see
`vault.py`), in `SealedText` (the house's) and as keyed hashes: `identifier.blind`,
`request.idempotency_key`, `request.asked_mark`. Rows are built only in `dsar.store` and services.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from dsar.domain.coverage import Outcome
from dsar.domain.decision import RulingVerdict
from dsar.domain.lifecycle import State, TaskKind
from dsar.domain.lifecycle.task_kinds import Queue
from dsar.domain.lifecycle.task_states import TaskState
from dsar.domain.reasons import Reason
from dsar.domain.rights import Right
from dsar.store.row_states import BundleState, EffectState, LetterState, PageRole
from dsar.store.types import EnumText, Instant, ReasonText, SealedText, big, json_type, new_id


def _enum(members: type[StrEnum], place: str, length: int) -> Any:
    return EnumText(members, place, length)


class Request(SQLModel, table=True):
    """What a person sent. Destroying `data_key` forgets everything sealed under it."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ref: str = Field(unique=True, max_length=20)
    idempotency_key: str | None = Field(default=None, unique=True, max_length=200)
    asked_mark: str | None = Field(default=None, max_length=69)
    channel: str = Field(max_length=40)
    language: str = Field(max_length=35)
    regime: str = Field(max_length=40)
    received_at: datetime = Field(sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    data_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_words: bytes | None = Field(default=None, sa_type=LargeBinary)


class MasterKey(SQLModel, table=True):
    """The root secret under the key the database was begun with; `form`: how far all is brought."""

    __tablename__ = "master_key"

    name: str = Field(primary_key=True, max_length=20)
    key_id: str = Field(max_length=16)
    root: bytes = Field(sa_type=LargeBinary)
    form: int = 0
    since: datetime = Field(sa_type=Instant)


class Identifier(SQLModel, table=True):
    """One identifier of the person: sealed, searchable by keyed hash, with how it is known."""

    __table_args__ = (UniqueConstraint("request_id", "kind", "blind"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    request_id: str = Field(foreign_key="request.id", index=True, max_length=32)
    kind: str = Field(max_length=40)
    blind: str = Field(index=True, max_length=64)
    sealed: bytes = Field(sa_type=LargeBinary)
    evidence: str = Field(default="stated", max_length=40)
    source: str = Field(default="", max_length=80)


class Ticket(SQLModel, table=True):
    """One right of one request: its state, its clock and the head of its journal."""

    __table_args__ = (Index("ticket_queue", "closed_at", "due_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ref: str = Field(unique=True, max_length=24)
    request_id: str = Field(foreign_key="request.id", index=True, max_length=32)
    right: Right = Field(sa_type=_enum(Right, "ticket.right", 40))
    state: State = Field(sa_type=_enum(State, "ticket.state", 40), index=True)
    version: int = 1
    machine_version: int
    regime: str = Field(max_length=40)
    regime_version: str = Field(max_length=40)
    due_on: date | None = Field(default=None, index=True)
    due_at: datetime = Field(sa_type=Instant)
    internal_due_on: date | None = None
    clock: dict[str, Any] = Field(default_factory=dict, sa_type=json_type())
    clock_events: list[dict[str, Any]] = Field(default_factory=list, sa_type=json_type())
    doubts: list[dict[str, Any]] = Field(default_factory=list, sa_type=json_type())
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    round: int = 1
    sealed_details: bytes | None = Field(default=None, sa_type=LargeBinary)
    policy_version: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    journal_seq: int = 0
    journal_head: str = Field(default="", max_length=64)


class JournalEntry(SQLModel, table=True):
    """One entry of a ticket's hash-chained history."""

    __tablename__ = "journal"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)

    id: int | None = Field(default=None, sa_column=Column(big(), primary_key=True))
    ticket_id: str = Field(foreign_key="ticket.id", max_length=32)
    seq: int
    at: datetime = Field(sa_type=Instant)
    event: str = Field(max_length=60)
    actor: str = Field(max_length=120)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=json_type())
    previous: str = Field(max_length=64)
    digest: str = Field(max_length=64)


class JournalLink(SQLModel, table=True):
    """One link of the chain over the history of all tickets: which entry is the `number`th.

    `code` covers the code before it, under a key. It names no row by a foreign key, for it must
    outlast whatever somebody deletes.
    """

    __tablename__ = "journal_link"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    ticket_id: str = Field(max_length=32)
    seq: int
    digest: str = Field(max_length=64)
    code: str = Field(max_length=64)


class JournalChain(SQLModel, table=True):
    """The end of that chain, one row: who writes a link holds it.

    `looked_to` is the id of the newest entry of which it is known that all before it are linked;
    `checkpoint` how many links the last checkpoint covered, and `checkpoint_at` when that was.
    """

    __tablename__ = "journal_chain"

    name: str = Field(primary_key=True, max_length=20)
    count: int = Field(default=0, sa_type=BigInteger)
    head: str = Field(max_length=64)
    looked_to: int = Field(default=0, sa_type=BigInteger)
    checkpoint: int = Field(default=0, sa_type=BigInteger)
    checkpoint_at: datetime | None = Field(default=None, sa_type=Instant)


class Task(SQLModel, table=True):
    """One durable unit of a ticket's work: log, queue and outbox in one row.

    `rank` is the ticket's deadline: the earliest is claimed first. `sweep_at` is when the sweeper
    looks at the row again: to ring for it (ready), to take it back (leased). Every write of a
    worker names the `fence` its claim was given; a later claim raises it and shuts the worker out.
    `trace` is the web request behind it, for the log; `progress` how far the claim of that fence
    has come; `deferrals` and `stalled_since` how often, and since when, it was put off in vain.
    """

    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "source", "key"),
        Index(
            "task_sweep",
            "sweep_at",
            postgresql_where=text("state IN ('ready', 'leased')"),
            sqlite_where=text("state IN ('ready', 'leased')"),
        ),
        Index(
            "task_source",
            "state",
            "source",
            "queue",
            "rank",
            "id",
            postgresql_where=text("state IN ('ready', 'leased')"),
            sqlite_where=text("state IN ('ready', 'leased')"),
        ),
        Index("task_ticket", "ticket_id", "kind", "state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", max_length=32)
    kind: TaskKind = Field(sa_type=_enum(TaskKind, "task.kind", 40))
    source: str = Field(default="", max_length=80)
    key: str = Field(default="", max_length=80)
    queue: Queue = Field(default=Queue.WORK, sa_type=_enum(Queue, "task.queue", 40))
    state: TaskState = Field(sa_type=_enum(TaskState, "task.state", 20))
    rank: datetime = Field(sa_type=Instant)
    not_before: datetime = Field(sa_type=Instant)
    sweep_at: datetime = Field(sa_type=Instant)
    fence: int = 0
    owner: str = Field(default="", max_length=80)
    attempts: int = 0
    crashes: int = 0
    deferrals: int = 0
    stalled_since: datetime | None = Field(default=None, sa_type=Instant)
    rings: int = 0
    checkpoint: str | None = None
    done: int = 0
    reason: Reason | None = Field(default=None, sa_type=ReasonText, nullable=False)
    trace: str | None = Field(default=None, max_length=32)
    progress: dict[str, Any] | None = Field(default=None, sa_type=json_type())
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


class PageRow(SQLModel, table=True):
    """Records, manifest items or receipts of one collection, sealed; `role` says which.

    Written in the same fenced transaction as the task's checkpoint, so a worker that was shut out
    can never mix pages in.
    """

    __tablename__ = "page"

    __table_args__ = (
        UniqueConstraint("ticket_id", "role", "round", "source", "number"),
        Index("page_stream", "ticket_id", "role", "source", "collection", "number"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", max_length=32)
    role: PageRole = Field(sa_type=_enum(PageRole, "page.role", 20))
    round: int = 1
    source: str = Field(max_length=80)
    number: int
    collection: str = Field(max_length=120)
    count: int
    digest: str = Field(max_length=64)
    sealed: bytes = Field(sa_type=LargeBinary)


class Effect(SQLModel, table=True):
    """An intent to change something outside, and the receipt that it happened.

    An intent without a receipt is unknown: it is probed or shown to a person, never repeated
    blindly. `idem_key` holds neither attempt nor fence, so it is the same whenever we try again.
    """

    idem_key: str = Field(primary_key=True, max_length=64)
    ticket_id: str = Field(foreign_key="ticket.id", index=True, max_length=32)
    task_id: str = Field(foreign_key="task.id", max_length=32)
    source: str = Field(max_length=80)
    number: int
    fence: int
    manifest: str = Field(max_length=64)
    state: EffectState = Field(sa_type=_enum(EffectState, "effect.state", 20))
    at: datetime = Field(sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)


class CoverageLine(SQLModel, table=True):
    """What came of one source for one ticket."""

    __tablename__ = "coverage"
    __table_args__ = (UniqueConstraint("ticket_id", "source"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", max_length=32)
    source: str = Field(max_length=80)
    title: str = Field(max_length=200)
    outcome: Outcome = Field(sa_type=_enum(Outcome, "coverage.outcome", 20))
    found: int = 0
    done: int = 0
    residue: int = 0
    kept: list[dict[str, Any]] = Field(default_factory=list, sa_type=json_type())
    reason: Reason | None = Field(default=None, sa_type=ReasonText, nullable=False)
    searched_at: datetime | None = Field(default=None, sa_type=Instant)


class InquiryRow(SQLModel, table=True):
    """A question of one task to somebody who answers later, through a link of its own.

    `key` is the same at each try. Of the link only a hash is kept. `used_by` is the task that took
    the answer; a question whose answer was of no use is asked under the next `number`.
    """

    __tablename__ = "inquiry"

    __table_args__ = (UniqueConstraint("ticket_id", "source", "verb", "key", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", max_length=32)
    task_id: str = Field(foreign_key="task.id", index=True, max_length=32)
    source: str = Field(max_length=80)
    verb: str = Field(max_length=20)
    key: str = Field(max_length=64)
    number: int = 1
    link: str = Field(unique=True, max_length=64)
    sealed_question: bytes = Field(sa_type=LargeBinary)
    sealed_answer: bytes | None = Field(default=None, sa_type=LargeBinary)
    noted_at: datetime = Field(sa_type=Instant)
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    answer_by: date
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    used_by: str = Field(default="", max_length=32)


class RulingRow(SQLModel, table=True):
    """What a member of staff decided about one record, field, file or collection of a ticket.

    A record's key may name the person, so it is sealed, as is what the source finds a file by.
    """

    __tablename__ = "ruling"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", index=True, max_length=32)
    source: str = Field(max_length=80)
    collection: str = Field(max_length=120)
    sealed_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_file: bytes | None = Field(default=None, sa_type=LargeBinary)
    field: str = Field(default="", max_length=120)
    verdict: RulingVerdict = Field(sa_type=_enum(RulingVerdict, "ruling.verdict", 20))
    ground: str = Field(default="", max_length=60)
    by: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)


class Letter(SQLModel, table=True):
    """What the person is told: written and queued with the transition that owes it.

    `wording` names the text it was written from: SHA-256 of its file, a space, one over the files
    with the words of its language. `fault` says why the house's own wording was not used, where it
    should have been.
    """

    __table_args__ = (UniqueConstraint("ticket_id", "kind", "key"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", max_length=32)
    kind: str = Field(max_length=40)
    key: str = Field(default="", max_length=40)
    language: str = Field(max_length=35)
    wording: str = Field(default="", max_length=130)
    fault: str = Field(default="", max_length=300)
    state: LetterState = Field(
        default=LetterState.QUEUED, sa_type=_enum(LetterState, "letter.state", 20)
    )
    sealed: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=Instant)


class BundleRow(SQLModel, table=True):
    """A finished bundle: where it lies and what it must hash to."""

    __tablename__ = "bundle"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", index=True, max_length=32)
    number: int = 1
    path: str = Field(max_length=400)
    sha256: str = Field(max_length=64)
    size: int = Field(sa_type=BigInteger)
    built_at: datetime = Field(sa_type=Instant)
    cut_off: datetime = Field(sa_type=Instant)
    state: BundleState = Field(
        default=BundleState.READY, sa_type=_enum(BundleState, "bundle.state", 20)
    )
    sealed_key: bytes | None = Field(default=None, sa_type=LargeBinary)


class Hold(SQLModel, table=True):
    """A legal hold: nothing of this person is erased while it is in force (Art. 17(3)(e))."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    kind: str = Field(max_length=40)
    blind: str = Field(index=True, max_length=64)
    reason: str = Field(sa_column=Column(SealedText("hold.reason"), nullable=False))
    by: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)


class Suppression(SQLModel, table=True):
    """A keyed hash of an erased identifier, to be applied again after a restore."""

    __table_args__ = (UniqueConstraint("kind", "blind"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    kind: str = Field(max_length=40)
    blind: str = Field(max_length=64)
    ticket_id: str = Field(max_length=32)
    at: datetime = Field(sa_type=Instant)


class Staff(SQLModel, table=True):
    """Somebody who works here and may act on tickets."""

    name: str = Field(primary_key=True, max_length=80)
    title: str = Field(default="", max_length=120)
    roles: list[str] = Field(default_factory=list, sa_type=json_type())
    added_at: datetime = Field(sa_type=Instant)
