"""Whose record it is, by what the record itself says: a source that errs is not believed blindly.

A record declares an identifying kind of its owner where a field's standard `term` is that kind and
the field is not about others. For each such kind at least one value must be the person's, in normal
form; else the record is somebody else's until a person has looked (Art. 5(1)(d) and (f), 15(4)).
"""

from collections.abc import Collection as Some
from collections.abc import Iterator
from dataclasses import dataclass

from dsar.domain.errors import BadInput
from dsar.domain.identity import EMAIL, PHONE, normal
from dsar.domain.records import Collection, Record

#: Kinds that name one person, as terms of fields and as kinds of identifier.
OWNING = (EMAIL, PHONE, "customer_number")


@dataclass(frozen=True, slots=True)
class KnownIdentifier:
    """One identifier in use for the person; `given_by` names the source it came from, if one."""

    kind: str
    value: str
    given_by: str = ""


def somebody_else(
    known: Some[KnownIdentifier], source: str, collection: Collection | None, record: Record
) -> str | None:
    """The kind by which a record declares another owner than the person; None where it does not.

    What the same source said of the person proves nothing about its records. A kind of which
    nothing else is known, a record without such a field and a value that is no identifier say
    nothing.
    """
    for kind in OWNING:
        own = {one.value for one in known if one.kind == kind and one.given_by != source}
        said = set(_declared(kind, collection, record))
        if own and said and own.isdisjoint(said):
            return kind
    return None


def _declared(kind: str, collection: Collection | None, record: Record) -> Iterator[str]:
    for entry in collection.fields if collection is not None else ():
        if entry.term != kind or entry.about_others:
            continue
        value = record.data.get(entry.name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | int) and not isinstance(one, bool):
                try:
                    yield normal(kind, str(one))
                except BadInput:
                    continue
