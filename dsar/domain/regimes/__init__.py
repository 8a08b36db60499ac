"""A regime: one privacy law as data, with the rules the clock counts by and the words letters need.

Values only. `dsar.domain.regimes.file` reads them from text, `dsar.services.law.regimes` finds the
files, `dsar.domain.clock` derives dates from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dsar.domain.calendar import ClosedSeason, Roll, Term
from dsar.domain.errors import BadInput
from dsar.domain.regimes.words import (
    CLOCK_RIGHTS,
    GROUNDS,
    Certainty,
    ClockEventType,
    NoticeMember,
    PeriodBasis,
    QuestionEffect,
)

__all__ = [
    "CLOCK_RIGHTS",
    "GROUNDS",
    "Appeal",
    "Certainty",
    "ClockEventType",
    "Complaint",
    "Duty",
    "Example",
    "Extension",
    "Ground",
    "NoticeMember",
    "PeriodBasis",
    "PeriodRule",
    "QuestionEffect",
    "Refusal",
    "Regime",
    "RegimeQuestion",
]


@dataclass(frozen=True, slots=True)
class RegimeQuestion:
    """A question to the person that moves the clock, and the answers that end it.

    `only_for` limits it to some rights (empty: all). The two readings differ where law and
    guidance count differently: with `answer_day_excluded_at_latest` the latest arguable date
    leaves out the day of the answer too; with `latest_start_days` the latest arguable start is
    that many days after the question, however early the answer came.
    """

    asked: ClockEventType
    answered: tuple[ClockEventType, ...]
    effect: QuestionEffect
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
class PeriodRule:
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
    basis: PeriodBasis
    note: str
    reply: Term | None
    reply_latest: Term | None
    acknowledge: Term | None
    roll: Roll
    roll_latest: Roll
    closed: tuple[ClosedSeason, ...]
    questions: tuple[RegimeQuestion, ...]
    extension: Extension | None
    appeal: Appeal | None

    def in_force_on(self, day: date) -> bool:
        """Tell whether a request received on `day` falls under this version of the rule."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground on which some rights may be refused, and what an answer resting on it must say.

    `text` is the provision, a colon and what it is about. `answer` tells staff what their reasons
    must contain; the burden is on the controller unless it says otherwise. `country` limits a
    national restriction to controllers there; empty where it holds under the law everywhere.
    """

    text: str
    rights: tuple[str, ...]
    answer: str
    certainty: Certainty
    country: str = ""

    @property
    def citation(self) -> str:
        """The provision alone."""
        return self.text.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal must contain and on which grounds the law lets one refuse which right."""

    must_contain: tuple[NoticeMember, ...]
    grounds: Mapping[str, Ground]
    source: str

    def of(self, right: str, country: str | None = None) -> Mapping[str, Ground]:
        """The grounds against one right for a controller in `country`, in the law's order."""
        return {
            name: ground
            for name, ground in self.grounds.items()
            if right in ground.rights and ground.country in {"", country}
        }


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
    rules: tuple[PeriodRule, ...]
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
        if ground in self.refusal.grounds and ground not in self.grounds:
            return self.refusal.grounds[ground].text
        for table in (self.grounds, self.extension_grounds):
            if ground in table:
                return table[ground]
        raise BadInput("ground", f"{self.id} knows no ground {ground!r}.", "Name one it lists.")

    def rights(self) -> tuple[str, ...]:
        """List the rights this law has a rule for, in the order of the vocabulary."""
        known = {right for rule in self.rules for right in rule.rights}
        return tuple(right for right in CLOCK_RIGHTS if right in known)

    def rules_for(self, right: str) -> tuple[PeriodRule, ...]:
        """Return every version of the rule for `right`, oldest first."""
        return tuple(rule for rule in self.rules if right in rule.rights)

    def rule_on(self, right: str, day: date) -> PeriodRule | None:
        """Return the rule for a request received on `day`; None while none is in force.

        Raises BadInput for a right this law does not know.
        """
        versions = self.rules_for(right)
        if not versions:
            mend = f"Give one of: {', '.join(self.rights())}."
            raise BadInput("right", f"{self.id} has no rule for {str(right)!r}.", mend)
        return next((rule for rule in versions if rule.in_force_on(day)), None)
