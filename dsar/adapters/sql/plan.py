"""How a person's rows are reached: the order of the tables and the steps of a search."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from dsar.adapters.sql.dialects.form import Expression
from dsar.adapters.sql.errors import named_failures
from dsar.adapters.sql.live import Live, Where, key_text
from dsar.adapters.sql.match import named, same
from dsar.adapters.sql.shared_rows import shared
from dsar.adapters.sql.sql_settings import SqlSettings, Table
from dsar.sdk import Match, NeedsHuman, Problem, Subject

NO_KEY = (
    "The key of {table} ({columns}) does not come back from the database as it went. "
    "Declare another key."
)


@dataclass(frozen=True, slots=True)
class Step:
    """One way to rows of one table. `followed` says whether rows that refer to them are theirs,
    `shared` is 1 for those that others depend on too."""

    name: str
    table: str
    where: Where
    match: Match
    subject: str | None = None
    followed: bool = True
    shared: Expression | None = None


def order(
    tables: Mapping[str, Table], live: Mapping[str, Live] | None = None
) -> tuple[list[str], list[str]]:
    """The tables, parents first, and those on a circle of references.

    A search goes by the declared references. For erasing, the foreign keys of the database (`live`)
    count more: where a table is found by way of one that refers to it, the key turns them round.
    """
    foreign = _foreign(tables, live or {})
    declared = {
        name: {
            parent for _, parent, _ in table.references() if name not in foreign.get(parent, set())
        }
        for name, table in tables.items()
    }
    done: list[str] = []
    waiting = list(tables)
    while waiting:
        ready = _ready(waiting, declared, foreign) or _ready(waiting, declared, {})
        if ready is None:
            return done, waiting
        done.append(ready)
        waiting.remove(ready)
    return done, []


def _ready(
    waiting: Sequence[str], declared: Mapping[str, set[str]], foreign: Mapping[str, set[str]]
) -> str | None:
    left = set(waiting)
    return next(
        (n for n in waiting if not (declared[n] | foreign.get(n, set())) & left),
        None,
    )


def _foreign(tables: Mapping[str, Table], live: Mapping[str, Live]) -> dict[str, set[str]]:
    by_place = {found.place: name for name, found in live.items()}
    return {
        name: {by_place[one.parent] for one in live[name].referring if one.parent in by_place}
        - {name}
        for name in tables
        if name in live
    }


def faults(settings: SqlSettings) -> Iterator[Problem]:
    """What is wrong with a declaration before the database is even asked."""
    tables = settings.tables
    if not tables:
        yield Problem("tables", "no table is declared.", "Add [….tables.NAME] with its key.")
    if settings.page < 1:
        yield Problem("page", "is less than 1.", "Give the number of records a page, such as 1000.")
    for name, table in tables.items():
        yield from _table_faults(name, table, settings)
    _, circle = order(tables)
    if circle:
        names = ", ".join(circle)
        yield Problem(
            f"tables.{circle[0]}.from",
            f"the references of {names} go round in a circle.",
            "Leave out the reference that does not lead to the person.",
        )
        return
    for name in unreachable(tables):
        yield Problem(
            f"tables.{name}",
            "cannot be reached from any identifier.",
            "Add identify, or a from that leads to a table that has it.",
        )


def _table_faults(name: str, table: Table, settings: SqlSettings) -> Iterator[Problem]:
    for column, parent, parent_column in table.references():
        if parent not in settings.tables or not parent_column:
            yield Problem(
                f"tables.{name}.from.{column}",
                "refers to no declared table.",
                'Write it as "table.column".',
            )
    masks = [column.mask for column in table.columns.values()]
    if "hash" in masks and not settings.mask_key:
        yield Problem(
            "mask_key", f"is missing, and tables.{name} masks by hash.", "Give it a secret text."
        )


def unreachable(tables: Mapping[str, Table]) -> tuple[str, ...]:
    """The tables no identifier leads to."""
    reached = {name for name, table in tables.items() if table.identify}
    grown = True
    while grown:
        more = {
            name
            for name, table in tables.items()
            if name not in reached and any(p in reached for _, p, _ in table.references())
        }
        grown = bool(more)
        reached |= more
    return tuple(n for n, t in tables.items() if n not in reached and not t.name_match)


def steps(
    connection: sa.Connection, live: Mapping[str, Live], settings: SqlSettings, subject: Subject
) -> list[Step]:
    """Every step of the search for this person, parents first, no row reached twice."""
    found: dict[str, list[Step]] = {}
    ordered, _ = order(settings.tables)
    for name in ordered:
        with named_failures(live[name].full_name):
            found[name] = [
                *_roots(connection, live[name], subject),
                *_references(live, name, found),
                *_by_name(connection, live[name], subject),
            ]
    reached = {
        name: _any(way.where for way in ways if way.match is not Match.NAME_ONLY)
        for name, ways in found.items()
    }
    return [
        replace(step, shared=shared(live, name, reached))
        if step.match is Match.DERIVED_KEY
        else step
        for name in ordered
        for step in _apart(found[name])
    ]


def _apart(ways: Sequence[Step]) -> Iterator[Step]:
    """Each step without the rows the steps before it have reached."""
    for place, step in enumerate(ways):
        earlier = [~sa.func.coalesce(other.where, sa.false()) for other in ways[:place]]
        where = sa.and_(step.where, *earlier)
        yield Step(step.name, step.table, where, step.match, step.subject, step.followed)


def _roots(connection: sa.Connection, live: Live, subject: Subject) -> Iterator[Step]:
    """The rows that carry one of the person's identifiers."""
    pairs = [(kind, value) for kind, value in subject.pairs() if kind in live.declared.identify]
    if not live.declared.unique:
        where = _any([same(connection, live, kind, value) for kind, value in pairs])
        if where is not None:
            yield Step(f"{live.name}", live.name, where, Match.VERIFIED_IDENTIFIER)
        return
    seen: dict[str, Where] = {}
    several: list[Where] = []
    for kind, value in pairs:
        where = same(connection, live, kind, value)
        keys = [] if where is None else _two_keys(connection, live, where)
        if len(keys) > 1:
            several.append(_shared(live, kind, where))
        else:
            seen |= {key: _one(live, key) for key in keys}
    for key, one in seen.items():
        yield Step(f"{live.name} {key}", live.name, one, Match.VERIFIED_IDENTIFIER, key)
    both = _any(several)
    if both is not None:
        yield Step(f"{live.name} shared", live.name, both, Match.NAME_ONLY)


def _shared(live: Live, kind: str, where: Where | None) -> Where:
    if where is None or not live.declared.shared:
        raise NeedsHuman(
            f"The {kind} belongs to more than one person in {live.name}. Find out which of them "
            "asked and add an identifier only that person has, such as a customer number.",
            code="shared_identifier",
        )
    return where


def _two_keys(connection: sa.Connection, live: Live, where: Where) -> list[str]:
    rows = connection.execute(sa.select(*live.key_shown).where(where).limit(2)).all()
    return [key_text(row) for row in rows]


def _one(live: Live, key: str) -> Where:
    """The row of this key. Raises NeedsHuman where it does not come back as it went."""
    parts = live.decode(key)
    if parts is None:
        raise NeedsHuman(NO_KEY.format(table=live.name, columns=", ".join(live.declared.key)))
    return live.named([parts])


def _references(
    live: Mapping[str, Live], name: str, found: Mapping[str, list[Step]]
) -> Iterator[Step]:
    """The rows that refer to a row already reached."""
    for column, parent, parent_column in live[name].declared.references():
        own, theirs = _comparable(live[name], column, live[parent], parent_column)
        for way in found[parent]:
            if not way.followed:
                continue
            referred = sa.select(theirs).where(way.where)
            weak = way.match is Match.NAME_ONLY
            yield Step(
                f"{name}.{column} > {way.name}",
                name,
                own.in_(referred.correlate(None)),
                Match.NAME_ONLY if weak else Match.DERIVED_KEY,
                way.subject,
            )


def _comparable(
    child: Live, column: str, parent: Live, parent_column: str
) -> tuple[Expression, Expression]:
    """Both sides of a reference. A number and a text are compared as texts: to some databases
    "12 Main St" is the number 12."""
    own, theirs = child.table.c[column], parent.table.c[parent_column]
    if child.forms[column].textual == parent.forms[parent_column].textual:
        return own, theirs
    return (
        child.dialect.text(child.forms[column].shown(own)),
        parent.dialect.text(parent.forms[parent_column].shown(theirs)),
    )


def _by_name(connection: sa.Connection, live: Live, subject: Subject) -> Iterator[Step]:
    """The rows that carry the person's name and nothing surer."""
    column = live.declared.name_match
    where = named(connection, live, column, subject.values("name")) if column else None
    if where is not None:
        yield Step(f"{live.name} name", live.name, where, Match.NAME_ONLY, followed=False)


def _any(found: Iterable[Where | None]) -> Where | None:
    some = [where for where in found if where is not None]
    return sa.or_(*some) if some else None
