"""Rows that others than the person depend on: changing them would change somebody else's data.

An address that two customers live at is reached from either of them. What only the person's rows
lead to is theirs; what rows beyond those found refer to is shared.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from dsar.adapters.dictionary import Erase
from dsar.adapters.sql.live import Live, Where
from dsar.adapters.sql.references import Reference


def shared(
    live: Mapping[str, Live], name: str, reached: Mapping[str, Where | None]
) -> sa.ColumnElement[int] | None:
    """1 for the rows of a table that rows beyond those `reached` refer to; None where none can."""
    own = live[name]
    led = [
        _led_from(live, name, one, reached)
        for one in _references(live, own)
        if not _all_found(live, name, one)
    ]
    return sa.case((sa.or_(*led), 1), else_=0) if led else None


def _references(live: Mapping[str, Live], own: Live) -> Iterator[Reference]:
    """The references by which changing a row can reach somebody else: any one to a row that is
    found by way of what refers to it; else those by which deleting it changes what refers to it."""
    upward = [
        Reference(live[parent].place, (parent_column,), own.place, (column,))
        for column, parent, parent_column in own.declared.references()
        if _upward(own, column, live[parent], parent_column)
    ]
    if upward:
        yield from {(one.child, one.columns): one for one in (*upward, *own.referred)}.values()
    elif own.declared.erase is Erase.DELETE:
        yield from (one for one in own.referred if not one.refuses)


def _upward(own: Live, column: str, other: Live, other_column: str) -> bool:
    """Whether the other table refers to this one, though it is the one that is searched first."""
    refers = any((column,) == one.columns and one.parent == other.place for one in own.referring)
    referred = any(
        (other_column,) == one.columns and one.child == other.place for one in own.referred
    )
    keyed = own.declared.key == (column,) and other.declared.key != (other_column,)
    return referred or (keyed and not refers)


def _named(live: Mapping[str, Live], one: Reference) -> list[str]:
    return [name for name, other in live.items() if other.place == one.child]


def _all_found(live: Mapping[str, Live], name: str, one: Reference) -> bool:
    """Whether whatever refers in this way is found along with the row it refers to."""
    pairs = {
        (column, name, parent)
        for column, parent in zip(one.columns, one.parent_columns, strict=True)
    }
    return any(not pairs.isdisjoint(live[n].declared.references()) for n in _named(live, one))


def _led_from(
    live: Mapping[str, Live], name: str, one: Reference, reached: Mapping[str, Where | None]
) -> Where:
    """Whether a row that was not found refers to a row of the table."""
    own, names = live[name], _named(live, one)
    key = live[names[0]].declared.key if names else ()
    schema, table = one.child
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(column) for column in dict.fromkeys((*one.columns, *key))
    ]
    child = sa.table(table, *columns, schema=schema).alias("referring")
    leads = [
        child.c[column] == own.table.c[parent]
        for column, parent in zip(one.columns, one.parent_columns, strict=True)
    ]
    for found in names:
        where = reached.get(found)
        if where is not None:
            theirs = sa.select(*live[found].key).where(where).correlate(None)
            places = [child.c[column] for column in key]
            place = places[0] if len(places) == 1 else sa.tuple_(*places)
            leads.append(~place.in_(theirs))
    return sa.exists(sa.select(sa.literal(1)).select_from(child).where(*leads))
