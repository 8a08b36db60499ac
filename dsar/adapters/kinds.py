"""How the kinds of record of a source that answers later are declared: by hand, or over there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from dsar.sdk import Batch, Collection, Done, Field, NeedsHuman, Receipt
from dsar.sdk.settings import Words


@dataclass(frozen=True, slots=True)
class Entry:
    """One field's entry in the dictionary; a plain text in the configuration is its label."""

    SHORT: ClassVar[str] = "label"

    label: Words
    """What a person would call it."""
    meaning: Words = field(default_factory=dict)
    """What its values mean."""
    category: str = ""
    """The category of data, such as contact."""
    term: str | None = None
    """The standard thing it holds (email, family_name, …): one correction reaches every source."""
    about_others: bool = False
    """Its text may speak of other people: staff sees it first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record that an answer may hold, and its fields."""

    title: Words = field(default_factory=dict)
    """What a person would call one of them."""
    meaning: Words = field(default_factory=dict)
    """Why it is there, in a sentence."""
    columns: Mapping[str, Entry] = field(default_factory=dict)
    """Each field; on the page for a colleague a line to fill in."""


def collection(name: str, kind: Kind) -> Collection:
    """The dictionary's entry for one kind of record."""
    fields = (
        Field(one, entry.label, entry.meaning, entry.category, entry.term, entry.about_others)
        for one, entry in kind.columns.items()
    )
    return Collection(name, kind.title or {"en": name}, tuple(fields), kind.meaning)


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
