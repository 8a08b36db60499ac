"""The controller's processing activities as data, and what they decide for each record.

A policy says for every activity why data is processed, on which basis, who receives it and how long
it is kept (GDPR Art. 13–15, 30). From that the functions below decide, record by record: erase, or
keep until … because …; portable or not. Nothing here reads a clock or a database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from dsar.domain.calendar.period import Period
from dsar.domain.reasons import Reason
from dsar.domain.records import Record, Text


class Basis(StrEnum):
    """The lawful bases of GDPR Art. 6(1)(a)–(f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"


class Origin(StrEnum):
    """Where data came from (Art. 15(1)(g)); only the first two are portable (Art. 20(1))."""

    PROVIDED = "provided"
    OBSERVED = "observed"
    DERIVED = "derived"
    THIRD_PARTY = "third_party"


PORTABLE_ORIGINS = frozenset({Origin.PROVIDED, Origin.OBSERVED})
PORTABLE_BASES = frozenset({Basis.CONSENT, Basis.CONTRACT})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody the data is or was disclosed to, by name (Art. 15(1)(c), C-154/21)."""

    name: str
    role: Text
    country: str = ""
    safeguard: Text = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long an activity keeps its data and why.

    `law` cites the provision that obliges to keep it: only then does it stand against an erasure
    (Art. 17(3)(b)). `since` names the field whose date starts the period; `whole_years` counts from
    the end of that calendar year, as tax and commercial law often does.
    """

    because: Text
    period: Period | None = None
    since: str | None = None
    law: str | None = None
    whole_years: bool = False

    def until(self, data: Mapping[str, object]) -> date | None:
        """The last day this record must be kept, or None where its start date is not known."""
        start = _as_date(data.get(self.since)) if self.since else None
        if start is None or self.period is None:
            return None
        return self.period.after(date(start.year, 12, 31) if self.whole_years else start)


def _as_date(value: object) -> date | None:
    """The date in a field: ISO text, with or without a time; anything else is no date."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Activity:
    """One processing activity, with all that Art. 15(1)(a)–(h) and (2) asks about it."""

    id: str
    title: Text
    purpose: Text
    basis: Basis
    retention: Retention
    categories: tuple[Text, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    origin: Origin = Origin.PROVIDED
    origin_note: Text = field(default_factory=dict)
    interest: Text = field(default_factory=dict)
    automated: Text = field(default_factory=dict)
    marketing: bool = False


@dataclass(frozen=True)
class Policy:
    """All activities and the data each uses: "source.collection" or "source.collection.field"."""

    version: str
    activities: Mapping[str, Activity]
    data: Mapping[str, tuple[str, ...]]

    @cached_property
    def _by_place(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for activity, places in self.data.items():
            for place in places:
                found[place] = (*found.get(place, ()), activity)
        return found

    def of_collection(self, source: str, collection: str) -> tuple[Activity, ...]:
        """The activities that use whole records of this collection."""
        return self._named(f"{source}.{collection}")

    def of_field(self, source: str, collection: str, name: str) -> tuple[Activity, ...]:
        """The activities that use this field: those named for it, else those of its collection."""
        return self._named(f"{source}.{collection}.{name}") or self.of_collection(
            source, collection
        )

    def touching(self, source: str, collection: str) -> tuple[Activity, ...]:
        """Every activity that uses the collection or any field of it."""
        place = f"{source}.{collection}"
        if place not in self._touching:
            names = [
                name
                for where, activities in self._by_place.items()
                if where == place or where.startswith(f"{place}.")
                for name in activities
            ]
            self._touching[place] = tuple(self.activities[name] for name in dict.fromkeys(names))
        return self._touching[place]

    def unnamed(self, source: str, collection: str, fields: Iterable[str]) -> tuple[str, ...]:
        """The fields of a collection no activity uses; none where one uses the whole of it."""
        return tuple(name for name in fields if not self.of_field(source, collection, name))

    @cached_property
    def _touching(self) -> dict[str, tuple[Activity, ...]]:
        """Answers of `touching`, which is asked for every record."""
        return {}

    def _named(self, place: str) -> tuple[Activity, ...]:
        return tuple(self.activities[name] for name in self._by_place.get(place, ()))


class Verdict(StrEnum):
    """What the policy decides for one record; UNDECIDED goes to a person."""

    ERASE = "erase"
    ERASE_FIELDS = "erase_fields"
    KEEP = "keep"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class ErasureDecision:
    """The verdict on one record, with its ground: what staff confirms and the person reads.

    `because` is there unless the verdict is ERASE. `fields` are those to erase under ERASE_FIELDS.
    `until` is the last day of keeping.
    """

    verdict: Verdict
    ground: str = ""
    because: Reason | None = None
    until: date | None = None
    fields: tuple[str, ...] = ()


_NO_ACTIVITY = ErasureDecision(Verdict.UNDECIDED, "no_activity", Reason("no_activity"))
#: What a legal hold makes of every record while it is in force.
ON_HOLD = ErasureDecision(Verdict.KEEP, "legal_claims", Reason("on_hold"))
_ERASE = ErasureDecision(Verdict.ERASE)
_NO_START = Reason("no_start")


def decide_erasure(
    policy: Policy, source: str, record: Record, *, today: date, held: bool = False
) -> ErasureDecision:
    """Erase, erase some fields, or keep until … because …; the longest duty to keep wins.

    Retention stands against erasure only where a law obliges to it (Art. 17(3)(b)) or a legal hold
    is in force (Art. 17(3)(e)). Fields that no such duty covers are erased all the same.
    """
    if held:
        return ON_HOLD
    touching = policy.touching(source, record.collection)
    if not touching:
        return _NO_ACTIVITY
    if not any(activity.retention.law for activity in touching):
        return _ERASE
    whole = policy.of_collection(source, record.collection)
    duty = _longest_duty(whole, record, today)
    if duty is not None:
        return _spare_others(policy, source, record, duty, today)
    kept = {
        name: reason
        for name in record.data
        if (
            reason := _longest_duty(policy.of_field(source, record.collection, name), record, today)
        )
    }
    if not kept:
        return _ERASE
    return _erase_rest(record, kept)


def _spare_others(
    policy: Policy, source: str, record: Record, duty: ErasureDecision, today: date
) -> ErasureDecision:
    """A duty covers the record: erase only those fields that belong to other activities alone."""
    if duty.verdict is Verdict.UNDECIDED:
        return duty
    free = tuple(
        name
        for name in record.data
        if policy.of_field(source, record.collection, name)
        != policy.of_collection(source, record.collection)
        and _longest_duty(policy.of_field(source, record.collection, name), record, today) is None
    )
    if not free:
        return duty
    return ErasureDecision(Verdict.ERASE_FIELDS, duty.ground, duty.because, duty.until, free)


def _erase_rest(record: Record, kept: Mapping[str, ErasureDecision]) -> ErasureDecision:
    undecided = next((d for d in kept.values() if d.verdict is Verdict.UNDECIDED), None)
    if undecided is not None:
        return undecided
    longest = max(kept.values(), key=lambda d: d.until or date.max)
    rest = tuple(name for name in record.data if name not in kept)
    if not rest:
        return longest
    return ErasureDecision(
        Verdict.ERASE_FIELDS, longest.ground, longest.because, longest.until, rest
    )


def _longest_duty(
    activities: Iterable[Activity], record: Record, today: date
) -> ErasureDecision | None:
    """The duty that keeps the data longest, or None where no law asks for it any more."""
    duties = [
        duty for activity in activities if (duty := _duty(activity, record, today)) is not None
    ]
    return max(duties, key=_weight, default=None)


def _weight(duty: ErasureDecision) -> tuple[bool, date]:
    """What cannot be decided weighs most, then the latest end; no end is the latest of all."""
    return duty.verdict is Verdict.UNDECIDED, duty.until or date.max


def _duty(activity: Activity, record: Record, today: date) -> ErasureDecision | None:
    retention = activity.retention
    if retention.law is None:
        return None
    if retention.period is None:
        return ErasureDecision(Verdict.KEEP, retention.law, _asked_by_law(retention))
    until = retention.until(record.data)
    if until is None:
        return ErasureDecision(Verdict.UNDECIDED, retention.law, _NO_START)
    if until < today:
        return None
    return ErasureDecision(Verdict.KEEP, retention.law, _asked_by_law(retention), until)


def _asked_by_law(retention: Retention) -> Reason:
    """Why it is kept, in the words of the policy."""
    return Reason("retention", {"words": retention.because})


def portable(policy: Policy, source: str, collection: str, name: str) -> bool:
    """Whether a field goes into a portability bundle: given by the person, on consent or contract.

    Data observed from the person's use counts as provided (WP 242 rev.01); derived data does not.
    """
    return any(
        activity.origin in PORTABLE_ORIGINS and activity.basis in PORTABLE_BASES
        for activity in policy.of_field(source, collection, name)
    )


#: The bases an objection on grounds of one's own situation can be raised against (Art. 21(1)).
OBJECTABLE = frozenset({Basis.LEGITIMATE_INTERESTS, Basis.PUBLIC_TASK})


def stopped_by_objection(activity: Activity) -> bool:
    """Marketing stops without balancing (Art. 21(3)); what Art. 21(1) covers stops after it."""
    return activity.marketing or activity.basis in OBJECTABLE


def stopped_by_withdrawal(activity: Activity) -> bool:
    """Only what rests on consent ends when consent is withdrawn (Art. 7(3))."""
    return activity.basis is Basis.CONSENT
