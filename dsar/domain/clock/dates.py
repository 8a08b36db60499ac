"""What goes into a clock beside the law, and what comes out: events, dates, steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from dsar.domain.regimes import ClockEventType


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something that moves a date. `at` is a local date or an aware instant.

    `months` or `days` is the length an extension notice named; both None means all the law allows.
    """

    type: ClockEventType
    at: date | datetime
    months: int | None = None
    days: int | None = None


class StepKind(StrEnum):
    """What a step did to the day that counts; each is told to the person in a sentence of its own.

    `facts` of a step: PERIOD has term, start, result; BEGUN asked, answered, result; PAUSED those
    and days; ROLLED day, why, result; EXTENDED term, told, result. Days are ISO dates.
    """

    PERIOD = "period"
    BEGUN = "begun"
    PAUSED = "paused"
    ROLLED = "rolled"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class DerivationStep:
    """One step of a derivation: the rule applied, what it was applied to, what came out.

    That is for staff, with its sources. A step that moved the day has a `kind` and `facts`, from
    which it is told to the person; one without is staff's alone (other readings of the law, notices
    without effect).
    """

    rule: str
    input: str
    result: str
    kind: StepKind | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "DerivationStep":
        """A step as `Dates.as_json` wrote it."""
        kind = StepKind(stored["kind"]) if stored.get("kind") else None
        return cls(stored["rule"], stored["input"], stored["result"], kind, stored.get("facts", {}))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days that did not count: from the day of the question to the day of its answer."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Dates:
    """Every date of one ticket; None where the law has none or it cannot be known yet.

    Dates are local dates of the controller; a date is kept by acting before that day is over,
    which for `effective_due` is the instant `deadline_passes_at_utc`. `due` and `due_extended` are
    cautious; `due_latest_arguable` is the latest defensible reading of `due`, and
    `effective_due_latest_arguable` that of `effective_due`. `due_extended` is the date the notified
    extension gives, or while none is notified the furthest one could reach. `extension_valid` is
    None while no extension was notified. `received` is the controller's local day of receipt,
    `waiting_for` names the answers without which the clock has not started, `stood_still` the days
    left out of the count, `paused_since` the day since which the clock stands still.
    """

    regime: str
    regime_version: str
    calendar: str
    right: str
    received: date
    rule: str | None
    basis: str | None
    certainty: str | None
    in_force: bool
    explanation: tuple[DerivationStep, ...]
    act_at_once: str | None = None
    clock_start: date | None = None
    ack_by: date | None = None
    extension_notice_by: date | None = None
    due: date | None = None
    due_extended: date | None = None
    extension_valid: bool | None = None
    appeal_due: date | None = None
    appeal_due_extended: date | None = None
    due_latest_arguable: date | None = None
    effective_due: date | None = None
    effective_due_latest_arguable: date | None = None
    deadline_passes_at_utc: datetime | None = None
    stood_still: tuple[Stretch, ...] = ()
    paused_since: date | None = None
    waiting_for: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return plain values: ISO dates, the instant in UTC with Z, lists for tuples."""
        return {one.name: plain(getattr(self, one.name)) for one in fields(self)}


def plain(value: object) -> object:
    """Turn a value of `Dates` into what JSON can hold."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, DerivationStep | Stretch):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value
