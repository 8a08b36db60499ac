"""Decides, record by record, what a ticket hands over or changes, and what somebody must look at.

Pure: the same case and record always give the same result, so the review, the bundle and the
erasure agree without keeping a copy of the decision for every record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from dsar.domain.coverage import FILE
from dsar.domain.decision.ownership import KnownIdentifier, somebody_else
from dsar.domain.policy import (
    Activity,
    ErasureDecision,
    Policy,
    Verdict,
    decide_erasure,
    portable,
    stopped_by_objection,
    stopped_by_withdrawal,
)
from dsar.domain.reasons import Reason
from dsar.domain.records import (
    WEAK,
    Attachment,
    Collection,
    Field,
    Item,
    Record,
    Text,
    looks_secret,
)
from dsar.domain.rights import Right


class RulingVerdict(StrEnum):
    """What staff can rule about a record, a field, a file or a collection."""

    WITHHOLD = "withhold"
    RELEASE = "release"
    KEEP = "keep"
    ERASE = "erase"


#: Verdicts that leave something where it is: not handed over, not changed.
SPARING = frozenset({RulingVerdict.WITHHOLD, RulingVerdict.KEEP})


@dataclass(frozen=True, slots=True)
class Ruling:
    """What staff ruled: on one field or file, one record or a whole collection.

    `file` is the reference of an attachment.
    """

    source: str
    collection: str
    verdict: RulingVerdict
    key: str = ""
    field: str = ""
    ground: str = ""
    file: str = ""

    def covers(self, source: str, record: Record, name: str = "", *, file: str = "") -> bool:
        """Whether it speaks about this record, or about this field or file of it."""
        return (
            (self.source, self.collection) == (source, record.collection)
            and self.key in {"", record.key}
            and (self.field, self.file) == (name, file)
        )


@dataclass(frozen=True, slots=True)
class Case:
    """All that decides about a ticket's records: policy, rulings, what was asked, the day."""

    right: Right
    policy: Policy
    today: date
    dictionaries: Mapping[str, Mapping[str, Collection]]
    rules: Sequence[Ruling] = ()
    corrections: Mapping[str, Any] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    known: tuple[KnownIdentifier, ...] = ()
    held: bool = False

    def collection(self, source: str, record: Record) -> Collection | None:
        """The dictionary of the record's collection, if the source explained it."""
        return self.dictionaries.get(source, {}).get(record.collection)

    def is_somebody_elses(self, source: str, record: Record) -> bool:
        """Whether the record itself declares another owner than the person."""
        found = somebody_else(self.known, source, self.collection(source, record), record)
        return found is not None

    def ruling(
        self, source: str, record: Record, name: str = "", *, file: str = ""
    ) -> Ruling | None:
        """The latest ruling on a record, or on one field or file of it."""
        if not self.rules:
            return None
        rules = reversed(self.rules)
        return next((rule for rule in rules if rule.covers(source, record, name, file=file)), None)


@dataclass(frozen=True, slots=True)
class KeptBecause:
    """Why a record, some fields or (`part`) a file of it are not handed over or not changed.

    `name` is that of the ground in the law, in the policy or here.
    """

    name: str
    because: Reason
    until: date | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a person must look at; `blocks` those without whose ruling nothing goes on.

    `code` is that of the reason staff reads, `why` what lies behind it.
    """

    code: str
    field: str = ""
    blocks: bool = True
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of one record: handed over, acted on, kept with a reason, doubted, or nothing."""

    record: Record | None = None
    item: Item | None = None
    kept: tuple[KeptBecause, ...] = ()
    doubts: tuple[Doubt, ...] = ()


NOTHING = Decision()


def decide_record(case: Case, source: str, record: Record) -> Decision:
    """What this ticket does with one record of one source."""
    ruled = case.ruling(source, record)
    if ruled is not None and ruled.verdict in SPARING:
        return Decision(kept=(_ruled(ruled),))
    if record.match in WEAK and ruled is None:
        return Decision(doubts=(Doubt("weak_match"),))
    if ruled is None and case.is_somebody_elses(source, record):
        return Decision(doubts=(Doubt("somebody_else"),))
    decided = BY_RIGHT[case.right](case, source, record)
    if record.shared and ruled is None and decided.item is not None:
        return Decision(doubts=(Doubt("shared"),))
    return decided


def _copy(case: Case, source: str, record: Record) -> Decision:
    """The record without what was ruled out, and what staff should look at before it leaves."""
    kept, doubts = [], []
    collection = case.collection(source, record)
    hidden = set()
    for name, value in record.data.items():
        ruled = case.ruling(source, record, name)
        entry = collection.field(name) if collection is not None else None
        if hidden_by := _hiding(entry, name, ruled):
            hidden.add(name)
            kept += [hidden_by] if value not in _BLANK else []
        elif ruled is None and (doubt := _field_doubt(entry, name, value)):
            doubts.append(doubt)
    if record.lost_files:
        doubts.append(Doubt("lost_file"))
        kept.append(LOST_FILE)
    if case.ruling(source, record) is not None:
        doubts = []
    data = {name: value for name, value in record.data.items() if name not in hidden}
    files, spared = _files(case, source, record)
    handed = replace(record, data=data, attachments=files)
    return Decision(handed, None, (*kept, *spared), tuple(doubts))


#: A file that is missing from the copy is said to be, whoever released the rest of its record.
LOST_FILE = KeptBecause("lost_file", Reason("file_unreadable"), part=FILE)

#: Values that tell nothing: what holds one of them is not withheld and not doubted.
_BLANK: tuple[Any, ...] = (None, "")


def _hiding(entry: Field | None, name: str, ruled: Ruling | None) -> KeptBecause | None:
    """Why a field is not handed over: what its dictionary says no ruling can outweigh."""
    if entry is not None and entry.withhold:
        return KeptBecause(entry.withhold, _of_field(entry.withhold, _label(entry, name)))
    if ruled is not None and ruled.verdict in SPARING:
        return _ruled(ruled, field=_label(entry, name))
    return None


def _files(
    case: Case, source: str, record: Record
) -> tuple[tuple[Attachment, ...], tuple[KeptBecause, ...]]:
    """The files of a record that go with it, and why the others do not."""
    if not record.attachments or not case.rules:
        return record.attachments, ()
    files, kept = [], []
    for one in record.attachments:
        ruled = case.ruling(source, record, file=one.reference)
        if ruled is not None and ruled.verdict in SPARING:
            kept.append(_ruled(ruled, part=FILE))
        else:
            files.append(one)
    return tuple(files), tuple(kept)


def _ruled(rule: Ruling, *, field: Text | None = None, part: str = "") -> KeptBecause:
    """What staff ruled, of a whole record, of one `field` by its label, or of a file."""
    because = Reason("ruled", {"ground": rule.ground})
    if field is not None:
        because = _of_field(rule.ground, field)
    return KeptBecause(rule.ground, because, part=part)


def _of_field(ground: str, label: Text) -> Reason:
    return Reason("ruled_field", {"ground": ground, "field": label})


def _label(entry: Field | None, name: str) -> Text:
    """What people call a field, by language; its name where nobody explained it."""
    return dict(entry.label) if entry is not None else {"en": name}


def _field_doubt(entry: Field | None, name: str, value: Any) -> Doubt | None:
    if entry is None:
        return Doubt("unexplained_field", name)
    if value in _BLANK:
        return None
    if entry.withhold is None and looks_secret(name):
        return Doubt("secret_field", name)
    return Doubt("about_others", name, blocks=False) if entry.about_others else None


#: No gap: the right itself covers no more than this (Art. 20(1)).
NOT_PORTABLE = KeptBecause("not_portable", Reason("not_portable"))


def _portable(case: Case, source: str, record: Record) -> Decision:
    sifted = _copy(case, source, record)
    if sifted.record is None:
        return sifted
    data = {
        name: value
        for name, value in sifted.record.data.items()
        if portable(case.policy, source, record.collection, name)
    }
    if not data:
        return Decision(kept=(NOT_PORTABLE,))
    return replace(sifted, record=replace(sifted.record, data=data))


def _automated(case: Case, source: str, record: Record) -> Decision:
    touching = case.policy.touching(source, record.collection)
    if not any(activity.automated for activity in touching):
        return NOTHING
    return _copy(case, source, record)


def _erase(case: Case, source: str, record: Record) -> Decision:
    """What the policy decides, but for the fields staff ruled on; a hold outweighs every ruling."""
    decision = _decision(case, source, record)
    if decision.verdict is Verdict.UNDECIDED:
        return Decision(doubts=(Doubt("undecided", why=decision.because),))
    if decision.verdict is Verdict.ERASE and not case.rules:
        return Decision(item=Item(record.key))
    named = {name: case.ruling(source, record, name) for name in record.data}
    spared = {name: rule for name, rule in named.items() if rule and rule.verdict in SPARING}
    collection = case.collection(source, record)
    entries = {name: collection.field(name) if collection is not None else None for name in spared}
    kept = tuple(_ruled(rule, field=_label(entries[name], name)) for name, rule in spared.items())
    if decision.because is not None:
        kept = (KeptBecause(decision.ground, decision.because, decision.until), *kept)
    elif not spared:
        return Decision(item=Item(record.key))
    freed = {name for name, rule in named.items() if rule and rule.verdict is RulingVerdict.ERASE}
    chosen = _chosen(decision, record) | (frozenset() if case.held else freed)
    fields = tuple(name for name in record.data if name in chosen and name not in spared)
    return Decision(item=Item(record.key, fields=fields) if fields else None, kept=kept)


def _decision(case: Case, source: str, record: Record) -> ErasureDecision:
    ruled = case.ruling(source, record)
    if ruled is not None and ruled.verdict is RulingVerdict.ERASE and not case.held:
        return ErasureDecision(Verdict.ERASE)
    return decide_erasure(case.policy, source, record, today=case.today, held=case.held)


def _chosen(decision: ErasureDecision, record: Record) -> frozenset[str]:
    """The fields a decision erases."""
    return frozenset(record.data if decision.verdict is Verdict.ERASE else decision.fields)


def means_the_same(held: Any, asked: Any) -> bool:
    """Whether a source's value is what was asked for in words: 42 is "42", true is "true".

    Texts are the same only sign by sign: the postcode 01234 is not 1234.
    """
    if held == asked or held is None or isinstance(held, str):
        return bool(held == asked)
    if isinstance(held, int | float) and not isinstance(held, bool):
        try:
            return Decimal(str(held)) == Decimal(str(asked))
        except InvalidOperation:
            return False
    return str(held).lower() == str(asked).strip().lower()


def _rectify(case: Case, source: str, record: Record) -> Decision:
    """The fields the person corrects, by path or by the standard thing they hold."""
    collection = case.collection(source, record)
    changes: dict[str, Any] = {}
    kept = []
    for name in record.data:
        entry = collection.field(name) if collection is not None else None
        path = f"{source}.{record.collection}.{name}"
        term = entry.term if entry is not None and entry.term else path
        asked = path if path in case.corrections else term
        if asked not in case.corrections or means_the_same(
            record.data[name], case.corrections[asked]
        ):
            continue
        ruled = case.ruling(source, record, name)
        if ruled is not None and ruled.verdict in SPARING:
            kept.append(_ruled(ruled, field=_label(entry, name)))
        else:
            changes[name] = case.corrections[asked]
    item = Item(record.key, changes=changes) if changes else None
    return Decision(item=item, kept=tuple(kept))


def _restrict(_case: Case, _source: str, record: Record) -> Decision:
    return Decision(item=Item(record.key))


def stopped(case: Case, source: str, collection: str) -> tuple[Activity, ...]:
    """The activities that must stop using a collection, by the purposes named or by the law."""
    rule = stopped_by_withdrawal if case.right is Right.CONSENT_WITHDRAWAL else stopped_by_objection
    touching = case.policy.touching(source, collection)
    return tuple(
        activity
        for activity in touching
        if rule(activity) and (not case.purposes or activity.id in case.purposes)
    )


def _stop(case: Case, source: str, record: Record) -> Decision:
    return Decision(item=Item(record.key)) if stopped(case, source, record.collection) else NOTHING


#: How each right decides about one record.
BY_RIGHT: Mapping[Right, Callable[[Case, str, Record], Decision]] = {
    Right.ACCESS: _copy,
    Right.PORTABILITY: _portable,
    Right.AUTOMATED_DECISION_REVIEW: _automated,
    Right.ERASURE: _erase,
    Right.RECTIFICATION: _rectify,
    Right.RESTRICTION: _restrict,
    Right.OBJECTION: _stop,
    Right.CONSENT_WITHDRAWAL: _stop,
}
