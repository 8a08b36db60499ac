"""The tables of what runs: gates before sources, schedules, alerts, processes seen, counters.

Nothing personal stands here. Rows are built only in `dsar.store` and services.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from dsar.domain.reasons import Reason
from dsar.store.types import Instant, ReasonText, new_id


class Gate(SQLModel, table=True):
    """Admission to one source: closed until, how many at once, failures in a row.

    `closed_at` is when it was first closed after it had last answered.
    """

    source: str = Field(primary_key=True, max_length=80)
    max_inflight: int = 2
    open_until: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    reason: Reason | None = Field(default=None, sa_type=ReasonText, nullable=False)
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    interval: float = 0.0


class Schedule(SQLModel, table=True):
    """A job of the house that comes round again: claimed by whoever is there when it is due."""

    name: str = Field(primary_key=True, max_length=60)
    every_seconds: int
    next_at: datetime = Field(sa_type=Instant)
    last_at: datetime | None = Field(default=None, sa_type=Instant)


class Alert(SQLModel, table=True):
    """A threshold of a ticket's clock that was passed; each is raised once."""

    __table_args__ = (UniqueConstraint("ticket_id", "name", "day"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    ticket_id: str = Field(foreign_key="ticket.id", max_length=32)
    name: str = Field(max_length=40)
    day: date
    raised_at: datetime = Field(sa_type=Instant)


class Process(SQLModel, table=True):
    """A process of ours that was seen: what `dsar doctor` counts."""

    id: str = Field(primary_key=True, max_length=80)
    kind: str = Field(max_length=20)
    started_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)


class Count(SQLModel, table=True):
    """Counters that must survive a restart: expired leases, fenced writes, resent rings."""

    name: str = Field(primary_key=True, max_length=60)
    value: int = Field(default=0, sa_type=BigInteger)
