"""In which order rows of one table are deleted, and who still refers to one.

Rows that refer to each other go from the last to the first; a circle is opened by emptying those of
its references that may be empty.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from dsar.adapters.sql.dialects.dialect import Place
from dsar.adapters.sql.live import Key, Live, Where, key_text
from dsar.adapters.sql.references import Reference


def layers(
    connection: sa.Connection, live: Live, keys: Sequence[Key]
) -> Iterator[tuple[Sequence[Key], bool]]:
    """The rows in groups to delete one after the other; and whether a group is a circle."""
    own = _to_itself(live)
    if not own:
        yield keys, False
        return
    waiting = {key_text(key): key for key in keys}
    referring = _referring(connection, live, own, keys)
    while waiting:
        wanted = {parent for child in waiting for parent in referring.get(child, ())}
        free = [text for text in waiting if text not in wanted]
        yield [waiting.pop(text) for text in free or list(waiting)], not free


def _to_itself(live: Live) -> list[Reference]:
    return [one for one in live.referring if one.parent == live.place and one.refuses]


def _referring(
    connection: sa.Connection, live: Live, own: Sequence[Reference], keys: Sequence[Key]
) -> dict[str, set[str]]:
    """Which of these rows refer to which others of them."""
    many = len(live.key)
    found: dict[str, set[str]] = {}
    for one in own:
        names = (*one.columns, *one.parent_columns)
        columns = [live.table.c[name].label(f"c{n}") for n, name in enumerate(names)]
        statement = sa.select(*live.key_shown, *columns).where(live.named(keys))
        rows = [(key_text(r[:many]), r[many:]) for r in connection.execute(statement)]
        size = len(one.columns)
        named = {tuple(row[size:]): text for text, row in rows}
        for text, row in rows:
            parent = named.get(tuple(row[:size]))
            if parent is not None:
                found.setdefault(text, set()).add(parent)
    return found


def open_circle(connection: sa.Connection, live: Live, keys: Sequence[Key]) -> None:
    """Empties what the rows of a circle refer to each other by, where it may be empty."""
    fixed = live.required | set(live.declared.key)
    names = {name for one in _to_itself(live) for name in one.columns} - fixed
    if names:
        emptied = sa.update(live.table).values(dict.fromkeys(names, sa.null()))
        connection.execute(emptied.where(live.named(keys)))


def referrer(connection: sa.Connection, live: Live, key: Key) -> Place | None:
    """A table whose rows refer to this one and keep it from being deleted."""
    for one in sorted(live.referred, key=lambda one: not one.refuses):
        if one.on_delete != "CASCADE" and referred_by(connection, live, one, [key]):
            return one.child
    return None


def held_late(connection: sa.Connection, live: Live, keys: Sequence[Key]) -> set[str]:
    """Those of these rows to which a reference leads that is looked at when all is done."""
    late = [one for one in live.referred if one.deferred and one.refuses]
    return {text for one in late for text in referred_by(connection, live, one, keys)}


def referred_by(
    connection: sa.Connection, live: Live, one: Reference, keys: Sequence[Key]
) -> set[str]:
    """The keys of these rows to which a row beyond them refers in this way."""
    statement = sa.select(*live.key_shown).where(live.named(keys), _led_to(live, one, keys))
    return {key_text(row) for row in connection.execute(statement)}


def _led_to(live: Live, one: Reference, keys: Sequence[Key]) -> Where:
    schema, name = one.child
    itself = one.child == live.place
    names = dict.fromkeys((*one.columns, *(live.declared.key if itself else ())))
    child = sa.table(name, *(sa.column(column) for column in names), schema=schema).alias("child")
    leads = [
        child.c[own] == live.table.c[theirs]
        for own, theirs in zip(one.columns, one.parent_columns, strict=True)
    ]
    if itself:
        places = [child.c[column] for column in live.declared.key]
        leads.append(~live.dialect.among(places, live.key_forms, keys))
    return sa.exists(sa.select(sa.literal(1)).select_from(child).where(*leads))
