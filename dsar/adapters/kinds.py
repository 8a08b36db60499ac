"""How the kinds of record of a source that answers later are declared: by hand, or over there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsar.adapters import dictionary
from dsar.adapters.dictionary import DictionaryField
from dsar.sdk import Batch, Collection, Done, NeedsHuman, Receipt
from dsar.sdk.settings import Words


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record that an answer may hold, and its fields."""

    title: Words = field(default_factory=dict)
    """What a person would call one of them."""
    meaning: Words = field(default_factory=dict)
    """Why it is there, in a sentence."""
    columns: Mapping[str, DictionaryField] = field(default_factory=dict)
    """Each field; on the page for a colleague a line to fill in."""


def collection(name: str, kind: RecordKind) -> Collection:
    """The dictionary's entry for one kind of record."""
    return dictionary.collection(name, kind.title, kind.meaning, kind.columns)


def refused(known: Sequence[Collection], batch: Batch) -> list[Receipt]:
    """A receipt for each item, where one of them names a field that is not declared: nobody is
    asked what cannot be meant. NeedsHuman for a collection that is not declared."""
    declared = next((one for one in known if one.name == batch.collection), None)
    if declared is None:
        raise NeedsHuman("This source declares no such collection. Correct its settings.")
    asked = {name for item in batch.items for name in (*item.fields, *item.changes)}
    unknown = sorted(asked - {entry.name for entry in declared.fields})
    if not unknown:
        return []
    reason = f"The field {unknown[0]} is not declared. Declare it, or do it by hand."
    return [Receipt(batch.collection, item.key, Done.FAILED, reason) for item in batch.items]
