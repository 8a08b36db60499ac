"""Marks on rows, and rows that are restricted through the row they refer to.

Few schemas have a mark in every table: an order line is restricted because its customer is.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from dsar.adapters.sql.live import Key, Live, Where, key_text
from dsar.sdk import Done, Receipt

NOT_YET = "Its row of {parent} is not restricted. Restrict that first."
STILL = "Its row of {parent} is still restricted. Lift that first."


def restricted_through(
    connection: sa.Connection,
    live: Mapping[str, Live],
    name: str,
    there: Mapping[str, Key],
    *,
    done: Done,
) -> list[Receipt]:
    """What became of rows through the rows they refer to: restricted along with them, or lifted."""
    wanted = done is Done.RESTRICTED
    marked = _among(connection, live, name, there, restricted(live, name))
    fault = (NOT_YET if wanted else STILL).format(parent=live[name].declared.restricted_with)
    return [
        Receipt(name, text, done)
        if (text in marked) is wanted
        else Receipt(name, text, Done.FAILED, fault)
        for text in there
    ]


def _among(
    connection: sa.Connection,
    live: Mapping[str, Live],
    name: str,
    there: Mapping[str, Key],
    where: Where,
) -> set[str]:
    own, keys = live[name], list(there.values())
    found: set[str] = set()
    for chunk in own.chunks(keys):
        rows = connection.execute(sa.select(*own.key_shown).where(own.named(chunk), where))
        found |= {key_text(row) for row in rows}
    return found


def restricted(live: Mapping[str, Live], name: str) -> Where:
    """The rows of a table that bear its mark, or refer to a row that is restricted."""
    own = live[name]
    mark = own.declared.restrict
    if mark is not None:
        return own.table.c[mark.column] == own.written(mark.column, mark.value)
    parent = own.declared.restricted_with
    ways = [
        own.table.c[column].in_(
            sa.select(live[parent].table.c[theirs]).where(restricted(live, parent)).correlate(None)
        )
        for column, theirs in own.declared.leads_to(parent)
    ]
    return sa.or_(*ways)
