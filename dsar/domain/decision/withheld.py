"""What of a record is kept from the person: nothing of it may stand in a finished bundle."""

from collections.abc import Iterator
from typing import Any

from dsar.domain.decision import SPARING, Case, RulingVerdict
from dsar.domain.records import Attachment, Collection, Record


def withheld_by(collection: Collection | None, name: str) -> str:
    """The ground on which a dictionary says that a field is never handed over; "" for the rest."""
    entry = collection.field(name) if collection is not None else None
    return (entry.withhold or "") if entry is not None else ""


def withheld_values(case: Case, source: str, record: Record) -> Iterator[tuple[str, Any]]:
    """The values of a record that are kept from the person, each with its field.

    A ruling on a field outweighs the one on its record: what was ruled released is no secret. What
    the dictionary withholds is one whatever was ruled.
    """
    hiding = {RulingVerdict.WITHHOLD} if case.right.spec.acts else SPARING
    whole = case.ruling(source, record)
    collection = case.collection(source, record) if withholds(case, source) else None
    for name, value in record.data.items():
        ruled = case.ruling(source, record, name) or whole
        if withheld_by(collection, name) or (ruled is not None and ruled.verdict in hiding):
            yield name, value


def withholds(case: Case, source: str) -> bool:
    """Whether a dictionary says of any field that it is never handed over, where copies are."""
    if case.right.spec.acts:
        return False
    known = case.dictionaries.get(source, {}).values()
    return any(entry.withhold for one in known for entry in one.fields)


def withheld_files(case: Case, source: str, record: Record) -> Iterator[tuple[Attachment, bool]]:
    """The files of a record that staff keeps from the person, and whether each by itself.

    As with fields, a ruling on a file outweighs the one on its record.
    """
    whole = case.ruling(source, record)
    for one in record.attachments:
        alone = case.ruling(source, record, file=one.reference)
        ruled = alone or whole
        if ruled is not None and ruled.verdict in SPARING:
            yield one, alone is not None
