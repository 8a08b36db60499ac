"""The information of the answer as one plain document: `processing.json`, and what all pages print.

It says who asked what, what was searched and found, and everything Art. 15(1)(a)–(h) and (2) asks
for each processing activity, in the person's language. Terms are those of the W3C Data Privacy
Vocabulary 2.3 where it has them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dsar.domain.coverage import FILE, Kept, Line
from dsar.domain.policy import Activity, Basis, Recipient
from dsar.domain.records import Text, in_language
from exports.contents import Contents, ReceiptSet, RecordSet
from exports.data.attachments import AttachmentSummary
from exports.data.datafiles import CannotBuild, MemberPlace
from exports.document import derivation

#: The version of the bundle's format; exports/README.md describes it.
FORMAT = "dsar-bundle/1"

_DPV = "https://w3id.org/dpv/legal/eu/gdpr#"
_LETTERS = {
    Basis.CONSENT: "a",
    Basis.CONTRACT: "b",
    Basis.LEGAL_OBLIGATION: "c",
    Basis.VITAL_INTERESTS: "d",
    Basis.PUBLIC_TASK: "e",
    Basis.LEGITIMATE_INTERESTS: "f",
}

Document = dict[str, Any]


def document(
    contents: Contents, sets: Sequence[MemberPlace], receipts: Sequence[MemberPlace]
) -> Document:
    """Everything the bundle says but the records themselves, as JSON values.

    `sets` and `receipts` say where the data of `contents.sets` and `contents.receipts` stands.
    Raises CannotBuild where a set has no purpose, recipients or retention to show.
    """
    if contents.request.right.spec.copies:
        _refuse_unexplained(contents)
    return {
        "format": FORMAT,
        "language": contents.language,
        "request": _request(contents),
        "answer": _answer(contents),
        "controller": _controller(contents),
        "law": _law(contents),
        "coverage": [_line(line) for line in contents.coverage],
        "withheld": [_kept(line, kept) for line in contents.coverage for kept in line.kept],
        "activities": [_activity(activity, contents) for activity in contents.activities],
        "sets": [_set(s, p, contents.language) for s, p in zip(contents.sets, sets, strict=True)],
        "receipts": [
            _receipts(s, p, contents.language)
            for s, p in zip(contents.receipts, receipts, strict=True)
        ],
        "decision": _decision(contents),
    }


def _refuse_unexplained(contents: Contents) -> None:
    """Data may not leave without its purpose: unexplained copies have been fined."""
    known = {a.id for a in contents.activities if a.purpose and _keeping_explained(a)}
    for records in contents.sets:
        if not known.intersection(records.activities):
            raise CannotBuild(
                f"{records.source}.{records.collection.name}: no processing activity says why this "
                "data is used, who receives it and how long it is kept. Name it in the policy."
            )


def _keeping_explained(activity: Activity) -> bool:
    return bool(activity.retention.because or activity.retention.period)


def _request(contents: Contents) -> Document:
    asked = contents.request
    return {
        "reference": asked.reference,
        "right": asked.right.value,
        "article": asked.right.spec.article,
        "received_on": asked.received_on.isoformat(),
        "due_on": asked.due_on.isoformat(),
        "identifiers": [{"kind": kind, "value": value} for kind, value in asked.identifiers],
        "words": asked.words,
        "explanation": derivation.told(asked.explanation, contents.words),
        "extended_because": asked.extended_because,
        "clock": {name: day.isoformat() for name, day in asked.clock.items()},
    }


def _answer(contents: Contents) -> Document:
    return {
        "outcome": contents.outcome,
        "cut_off": contents.cut_off.isoformat(),
        "records": sum(records.count for records in contents.sets),
        "files": 0,
        "withheld": _left_out(contents, ""),
        "withheld_files": _left_out(contents, FILE),
    }


def _left_out(contents: Contents, part: str) -> int:
    """How many whole records (or with `FILE` files of records) are kept or withheld."""
    every = (kept for line in contents.coverage for kept in line.kept)
    return sum(kept.count for kept in every if kept.part == part)


def _controller(contents: Contents) -> Document:
    controller = contents.controller
    authority = controller.authority
    return {
        "name": controller.name,
        "address": controller.address,
        "country": controller.country,
        "email": controller.email,
        "phone": controller.phone,
        "url": controller.url,
        "officer": controller.officer,
        "timezone": controller.timezone,
        "authority": {"name": authority.name, "address": authority.address, "url": authority.url},
    }


def _law(contents: Contents) -> Document:
    law = contents.law
    return {
        "title": law.title,
        "citation": law.citation,
        "complaint": law.complaint,
        "remedy": law.remedy,
    }


def _line(line: Line) -> Document:
    return {
        "source": line.source,
        "title": line.title,
        "outcome": line.outcome.value,
        "found": line.found,
        "done": line.done,
        "kept": sum(kept.count for kept in line.kept),
        "residue": line.residue,
        "reason": line.reason,
        "searched_at": line.searched_at.isoformat() if line.searched_at else None,
    }


def _kept(line: Line, kept: Kept) -> Document:
    return {
        "source": line.source,
        "title": line.title,
        "collection": kept.collection,
        "collection_title": kept.title or _readable(kept.collection),
        "part": kept.part,
        "count": kept.count,
        "ground": kept.ground,
        "because": kept.because,
        "until": _day(kept.until),
    }


def _readable(name: str) -> str:
    """The name of a collection whose title nobody knows: its source is gone."""
    plain = name.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def _activity(activity: Activity, contents: Contents) -> Document:
    language = contents.language

    def said(text: Text) -> str:
        return in_language(text, language)

    return {
        "id": activity.id,
        "title": said(activity.title),
        "purpose": said(activity.purpose),
        "basis": activity.basis.value,
        "basis_article": f"Art. 6(1)({_LETTERS[activity.basis]})",
        "basis_term": f"{_DPV}A6-1-{_LETTERS[activity.basis]}",
        "interest": said(activity.interest),
        "categories": [said(category) for category in activity.categories],
        "recipients": [_recipient(recipient, language) for recipient in activity.recipients],
        "retention": _retention(activity, contents),
        "origin": activity.origin.value,
        "origin_note": said(activity.origin_note),
        "automated": said(activity.automated),
        "marketing": activity.marketing,
        "sets": _sets_of(activity, contents),
    }


def _sets_of(activity: Activity, contents: Contents) -> list[str]:
    return [
        f"{records.source}.{records.collection.name}"
        for records in contents.sets
        if activity.id in records.activities
    ]


def _recipient(recipient: Recipient, language: str) -> Document:
    return {
        "name": recipient.name,
        "role": in_language(recipient.role, language),
        "country": recipient.country,
        "safeguard": in_language(recipient.safeguard, language),
    }


def _retention(activity: Activity, contents: Contents) -> Document:
    retention = activity.retention
    return {
        "period": str(retention.period) if retention.period else None,
        "since": retention.since,
        "since_label": _label_of(retention.since, activity, contents),
        "whole_years": retention.whole_years,
        "law": retention.law,
        "because": in_language(retention.because, contents.language),
    }


def _label_of(name: str | None, activity: Activity, contents: Contents) -> str | None:
    """What people call the field from which the retention period runs."""
    for records in contents.sets:
        field = records.collection.field(name) if name else None
        if field is not None and activity.id in records.activities:
            return in_language(field.label, contents.language)
    return name.replace("_", " ") if name else None


def _set(records: RecordSet, place: MemberPlace, language: str) -> Document:
    return {
        "id": f"{records.source}.{records.collection.name}",
        "source": records.source,
        "source_title": records.source_title,
        "collection": records.collection.name,
        "title": in_language(records.collection.title, language),
        "meaning": in_language(records.collection.meaning, language),
        "count": records.count,
        "activities": list(records.activities),
        "files": {
            "json": f"{place.stem}.json",
            "csv": f"{place.stem}.csv",
            "schema": f"{place.stem}.schema.json",
            "viewer": place.chunks(),
        },
        "attached": AttachmentSummary().facts(),
        "fields": [
            {
                "name": field.name,
                "label": in_language(field.label, language) or field.name,
                "meaning": in_language(field.meaning, language),
                "category": field.category,
                "about_others": field.about_others,
            }
            for field in records.collection.fields
        ],
    }


def _receipts(receipts: ReceiptSet, place: MemberPlace, language: str) -> Document:
    return {
        "id": f"{receipts.source}.{receipts.collection.name}",
        "source": receipts.source,
        "source_title": receipts.source_title,
        "collection": receipts.collection.name,
        "title": in_language(receipts.collection.title, language),
        "count": receipts.count,
        "files": {
            "json": f"{place.stem}.json",
            "csv": f"{place.stem}.csv",
            "schema": f"{place.stem}.schema.json",
        },
        "results": [],
    }


def results(found: Mapping[tuple[str, str], int]) -> list[Document]:
    """What was done to how many records of one collection, and why, in a fixed order."""
    return [
        {"done": done, "reason": reason, "count": count}
        for (done, reason), count in sorted(found.items())
    ]


def _decision(contents: Contents) -> Document | None:
    decision = contents.decision
    if decision is None:
        return None
    return {
        "decided_by": decision.decided_by,
        "decided_on": decision.decided_on.isoformat(),
        "decision": decision.decision,
        "reasons": decision.reasons,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
