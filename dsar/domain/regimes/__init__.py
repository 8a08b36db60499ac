"""A regime: one privacy law as data, with the rules the clock counts by and the words letters need.

Values only. `dsar.domain.regimes.file` reads them from text, `dsar.services.law.regimes` finds the
files, `dsar.domain.clock` derives dates from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dsar.domain.calendar import ClosedSeason, Roll, Term
from dsar.domain.errors import BadInput
from dsar.domain.rights import Right

#: What a clock can be asked about: the eight rights, and three matters only some laws know.
CLOCK_RIGHTS = (*(right.value for right in Right), "opt_out", "complaint", "grievance")

#: The grounds the lifecycle table cites; every regime gives a citation for each of them.
GROUNDS = (
    "received",
    "identity_doubt",
    "identity_proven",
    "identity_not_proven",
    "clarification",
    "fee",
    "accepted",
    "late_proof",
    "search",
    "source_failed",
    "gap",
    "review",
    "approval",
    "refusal_unfounded",
    "refusal_excessive",
    "refusal_exempt",
    "extension",
    "act",
    "proof_of_action",
    "residue",
    "assembly",
    "delivery",
    "withdrawn_by_person",
    "decision_by_person",
    "fulfilled",
    "partly_fulfilled",
    "waits_for_access",
    "not_identified",
    "lapsed",
    "restrict_at_once",
    "stop_at_once",
)


class Certainty(StrEnum):
    """How sure we are of what a file says: the text read, a commentary read, memory, or less."""

    READ = "read"
    SECONDARY = "secondary"
    BELIEVED = "believed"
    LOW = "low"


class Basis(StrEnum):
    """What a period rests on: the law's words, an authority's guidance, or mere practice."""

    LAW = "law"
    GUIDANCE = "guidance"
    PRACTICE = "practice"


class ClockEventType(StrEnum):
    """What can happen to a ticket that moves one of its dates."""

    IDENTITY_REQUESTED = "identity_requested"
    IDENTITY_RECEIVED = "identity_received"
    AUTHORITY_REQUESTED = "authority_requested"
    AUTHORITY_RECEIVED = "authority_received"
    FEE_REQUESTED = "fee_requested"
    FEE_PAID = "fee_paid"
    FEE_ACCEPTED = "fee_accepted"
    CLARIFICATION_REQUESTED = "clarification_requested"
    CLARIFICATION_RECEIVED = "clarification_received"
    EXTENSION_NOTIFIED = "extension_notified"
    APPEAL_RECEIVED = "appeal_received"


class Effect(StrEnum):
    """What an open question does to the clock."""

    DELAYS_START = "delays_start"
    STOPS_CLOCK = "stops_clock"


class NoticeMember(StrEnum):
    """What a law wants in a refusal; a refusal without it cannot be rendered."""

    REASONS = "reasons"
    LEGAL_PROVISION = "legal_provision"
    COMPLAINT_BODY = "complaint_body"
    COURT_REMEDY = "court_remedy"
    INTERNAL_COMPLAINT = "internal_complaint"
    APPEAL = "appeal"
    TIME_LIMIT = "time_limit"
    HELP_ON_REQUEST = "help_on_request"


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the person that moves the clock, and the answers that end it.

    `only_for` limits it to some rights (empty: all). The two readings differ where law and
    guidance count differently: with `answer_day_excluded_at_latest` the latest arguable date
    leaves out the day of the answer too; with `latest_start_days` the latest arguable start is
    that many days after the question, however early the answer came.
    """

    asked: ClockEventType
    answered: tuple[ClockEventType, ...]
    effect: Effect
    source: str
    only_for: tuple[str, ...] = ()
    answer_day_excluded_at_latest: bool = False
    latest_start_days: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """The one extension a law allows; `at_most` is None where the controller names the date."""

    at_most: Term | None
    source: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """How long a controller has to answer an appeal against a refusal."""

    reply: Term
    extension: Term | None
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The periods of some rights, in force from `since` through `until` by day of receipt.

    `reply` is None where the law names no number; `note` then says what it names instead.
    `reply_latest` and `roll_latest` hold the later reading where a text can be read two ways.
    """

    id: str
    rights: tuple[str, ...]
    since: date
    until: date | None
    source: str
    certainty: Certainty
    basis: Basis
    note: str
    reply: Term | None
    reply_latest: Term | None
    acknowledge: Term | None
    roll: Roll
    roll_latest: Roll
    closed: tuple[ClosedSeason, ...]
    questions: tuple[Question, ...]
    extension: Extension | None
    appeal: Appeal | None

    def in_force_on(self, day: date) -> bool:
        """Tell whether a request received on `day` falls under this version of the rule."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal must contain and on which grounds the law lets one refuse."""

    must_contain: tuple[NoticeMember, ...]
    grounds: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """Where a person can go: the authority as letters name it, and the courts."""

    body: str
    text: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty in words with its source: fees, acknowledgement, telling recipients.

    `rights` are the rights it belongs to; empty where the law has no such duty.
    """

    text: str
    source: str
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of the law or its authority: a line for the clock and what must come out.

    `place` is the file and line it stands on.
    """

    place: str
    title: str
    source: str
    given: Mapping[str, object]
    expect: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Regime:
    """One law as data. `act_at_once` says for a right what must be done before any reply."""

    id: str
    title: str
    version: str
    source: str
    certainty: Certainty
    country: str | None
    regional_holidays: bool
    rules: tuple[Rule, ...]
    act_at_once: Mapping[str, str]
    grounds: Mapping[str, str]
    refusal: Refusal
    extension_grounds: Mapping[str, str]
    fee: Duty
    acknowledgement: Duty
    recipients: Duty
    complaint: Complaint
    examples: tuple[Example, ...]

    def citation(self, ground: str) -> str:
        """Return the provision behind a ground of the lifecycle, a refusal or an extension."""
        for table in (self.grounds, self.refusal.grounds, self.extension_grounds):
            if ground in table:
                return table[ground]
        raise BadInput("ground", f"{self.id} knows no ground {ground!r}.", "Name one it lists.")

    def rights(self) -> tuple[str, ...]:
        """List the rights this law has a rule for, in the order of the vocabulary."""
        known = {right for rule in self.rules for right in rule.rights}
        return tuple(right for right in CLOCK_RIGHTS if right in known)

    def rules_for(self, right: str) -> tuple[Rule, ...]:
        """Return every version of the rule for `right`, oldest first."""
        return tuple(rule for rule in self.rules if right in rule.rights)

    def rule_on(self, right: str, day: date) -> Rule | None:
        """Return the rule for a request received on `day`; None while none is in force.

        Raises BadInput for a right this law does not know.
        """
        versions = self.rules_for(right)
        if not versions:
            mend = f"Give one of: {', '.join(self.rights())}."
            raise BadInput("right", f"{self.id} has no rule for {str(right)!r}.", mend)
        return next((rule for rule in versions if rule.in_force_on(day)), None)
