"""A person's rows as pages of records: one statement a step, streamed, resumable after any page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from dsar.adapters.json_values import plain
from dsar.adapters.sql.errors import in_another_encoding, named_failures
from dsar.adapters.sql.live import Live
from dsar.adapters.sql.plan import Step
from dsar.sdk import Match, NeedsHuman, Page, Record, normal_form

Pair = tuple[str, str]
Mark = Sequence[Any]


def pages(
    connection: sa.Connection,
    live: Mapping[str, Live],
    steps: Sequence[Step],
    size: int,
    checkpoint: str | None,
) -> Iterator[Page]:
    """Pages of at most `size` records, filled across tables.

    A checkpoint names a step and the last key given. Where that step is no longer there (the
    person's account was merged, say) the search starts anew: rather twice than never.
    """
    steps, after = _rest(steps, checkpoint)
    page: list[Record] = []
    given: dict[Pair, None] = {}
    mark: str | None = None
    for step in steps:
        table = live[step.table]
        with named_failures(table.full_name):
            for rows in _chunks(connection, table, step, after, size):
                if page and len(page) + len(rows) > size:
                    yield Page(page, mark, tuple(given))
                    page, given = [], {}
                page.extend(_records(table, step, rows))
                given |= dict.fromkeys(_further(table, step, rows))
                mark = json.dumps([step.name, table.marked(rows[-1])])
        after = None
    if page:
        yield Page(page, None, tuple(given))


def _rest(steps: Sequence[Step], checkpoint: str | None) -> tuple[Sequence[Step], Mark | None]:
    """The steps still to go and the key after which the first of them goes on."""
    if checkpoint is None:
        return steps, None
    try:
        name, mark = json.loads(checkpoint)
    except (ValueError, TypeError):
        raise NeedsHuman(
            "The checkpoint is not one of this source's. Start the search anew."
        ) from None
    known = isinstance(mark, list)  # a checkpoint of an earlier version starts anew
    place = next((n for n, step in enumerate(steps) if known and step.name == name), None)
    return (steps, None) if place is None else (steps[place:], mark)


def _chunks(
    connection: sa.Connection, live: Live, step: Step, after: Mark | None, size: int
) -> Iterator[Sequence[sa.Row[Any]]]:
    """The step's rows behind a key. A text that cannot be read is named by its column."""
    asked = live.shown if step.shared is None else (*live.shown, step.shared.label("dsar_shared"))
    statement = sa.select(*asked).where(step.where).order_by(*live.order)
    try:
        yield from _streamed(connection, live, statement, after, size)
    except (UnicodeDecodeError, exc.DBAPIError) as error:
        if not in_another_encoding(error):
            raise
        connection.rollback()
        with named_failures(f"{live.full_name}.{_unreadable(connection, live, step)}"):
            raise


def _unreadable(connection: sa.Connection, live: Live, step: Step) -> str:
    """The first column that holds a text in another encoding than it is read in."""
    for name in live.names:
        try:
            for _ in connection.execute(sa.select(live.asked(name)).where(step.where)):
                pass
        except (UnicodeDecodeError, exc.DBAPIError):
            return name
    return "?"


def _streamed(
    connection: sa.Connection, live: Live, statement: sa.Select[Any], after: Mark | None, size: int
) -> Iterator[Sequence[sa.Row[Any]]]:
    """The first rows at once, for most people have few; then a stream."""
    first = connection.execute(_behind(live, statement, after).limit(size)).all()
    _refuse_double(live, first, None)
    if first:
        yield first
    if len(first) < size:
        return
    last = first[-1]
    behind = _behind(live, statement, live.marked(last))
    options = {"stream_results": True, "max_row_buffer": size}
    with connection.execute(behind, execution_options=options) as result:
        while rows := result.fetchmany(size):
            _refuse_double(live, rows, last)
            last = rows[-1]
            yield rows


def _behind(live: Live, statement: sa.Select[Any], after: Mark | None) -> sa.Select[Any]:
    if after is None:
        return statement
    where = live.behind(after)
    if where is None:
        raise NeedsHuman(
            f"The key of {live.name} has changed its type. Start the search anew.", code="not_there"
        )
    return statement.where(where)


def _refuse_double(live: Live, rows: Sequence[sa.Row[Any]], last: sa.Row[Any] | None) -> None:
    """Rows that cannot be told apart could be lost at a page's border, or erased for another."""
    keys = {live.key_of(row) for row in rows}
    nameless = any(row[place] is None for place in live.key_places for row in rows)
    again = last is not None and live.key_of(last) in keys
    if nameless or again or len(keys) < len(rows):
        raise NeedsHuman(
            f"The key of {live.name} does not tell its rows apart. Declare the columns that do."
        )


def _records(live: Live, step: Step, rows: Sequence[sa.Row[Any]]) -> Iterator[Record]:
    names, readers, marked = live.names, live.readers, step.shared is not None
    for row in rows:
        data = dict(zip(names, row, strict=not marked))
        for name, read in readers:
            data[name] = read(data[name])
        key, others = live.key_of(row), marked and bool(row[-1])
        yield Record(step.table, key, data, step.match, step.subject, shared=others)


def _further(live: Live, step: Step, rows: Sequence[sa.Row[Any]]) -> Iterator[Pair]:
    """Further identifiers of the person, from rows that are surely theirs."""
    if step.match is Match.NAME_ONLY:
        return
    for kind, column in live.declared.gives.items():
        place, region = live.names.index(column), live.declared.region_of(column)
        for row in rows:
            value = row[place]
            text = "" if value is None else normal_form(kind, str(plain(value)), region)
            if text:
                yield kind, text
