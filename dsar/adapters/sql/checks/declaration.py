"""Compares a SQL source's declaration with the database as it is."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from dsar.adapters.dictionary import Erase
from dsar.adapters.sql.changes.masks import mask_of
from dsar.adapters.sql.checks.catalogue import takes_changes, triggers
from dsar.adapters.sql.checks.identifiers import identifier_faults
from dsar.adapters.sql.checks.mask_faults import mask_faults
from dsar.adapters.sql.live import Live, full_name
from dsar.adapters.sql.plan import faults
from dsar.adapters.sql.references import Reference
from dsar.adapters.sql.schema import Database
from dsar.adapters.sql.sql_settings import SqlSettings
from dsar.sdk import Later, NeedsHuman, Problem


def problems(database: Database, settings: SqlSettings) -> Sequence[Problem]:
    """Everything to mend before the first request; empty when all is well."""
    found = list(faults(settings))
    try:
        database.forget()
        live = database.look_up()
        for name, table in settings.tables.items():
            if name not in live:
                found.append(_no_table(name, table.table or name))
            else:
                found += _table(database, live[name])
        found += _strangers(live)
    except (Later, NeedsHuman) as failure:
        found.append(
            Problem("url", failure.reason, "Until then nothing can be searched in this source.")
        )
    return found


def _no_table(name: str, real: str) -> Problem:
    return Problem(
        f"tables.{name}", f"there is no table {real}.", "Correct the name, or restore the table."
    )


def _table(database: Database, live: Live) -> Iterator[Problem]:
    at = f"tables.{live.name}"
    missing = live.missing()
    for name in missing:
        mend = "Correct the name, or restore the column."
        yield Problem(f"{at}.columns.{name}", f"{live.full_name} has no such column.", mend)
    for name in live.names:
        if name not in live.declared.columns:
            yield Problem(
                f"{at}.columns.{name}",
                "is in the table and not declared.",
                "Explain it, so that it can be handed over.",
            )
    if not missing:
        with database.reading() as connection:
            yield from identifier_faults(connection, live)
            yield from mask_faults(connection, live)
            yield from _changes(connection, live)
        if not live.declared.key or not _tells_apart(database, live):
            yield Problem(
                f"{at}.key", "does not tell rows apart.", "Name the columns that do together."
            )


def _tells_apart(database: Database, live: Live) -> bool:
    """Whether the key is unique: by the schema's word, else by counting."""
    key = set(live.declared.key)
    with database.reading() as connection:
        if any(known and known <= key for known in _unique_sets(connection, live)):
            return True
        empty = sa.or_(*(column.is_(None) for column in live.key))
        double = sa.select(sa.literal(1)).group_by(*live.key).having(sa.func.count() > 1)
        nameless = sa.select(sa.literal(1)).where(empty)
        return not any(
            connection.execute(statement.select_from(live.table).limit(1)).first()
            for statement in (double, nameless)
        )


def _unique_sets(connection: sa.Connection, live: Live) -> Iterator[set[str]]:
    """The sets of columns the schema promises to be unique and never empty."""
    inspector = sa.inspect(connection)
    schema, name = live.place
    yield set(inspector.get_pk_constraint(name, schema)["constrained_columns"])
    for index in inspector.get_indexes(name, schema):
        columns = {column for column in index["column_names"] if column}
        partial = any("where" in option for option in index.get("dialect_options", {}))
        if index["unique"] and not partial and columns <= live.required:
            yield columns


def _strangers(live: Mapping[str, Live]) -> Iterator[Problem]:
    """Tables nobody declared whose rows refer to those we find."""
    declared = {one.place for one in live.values()}
    for one in live.values():
        for key in one.referred:
            if key.child not in declared:
                yield _stranger(one, key)


def _stranger(one: Live, key: Reference) -> Problem:
    child, at = full_name(key.child), f"tables.{one.name}.erase"
    if one.declared.erase is Erase.DELETE and key.on_delete == "CASCADE":
        what = f"deleting also deletes from {child}, which is not declared."
        return Problem(at, what, f"Declare {child}, or erase by masking.")
    if one.declared.erase is Erase.DELETE and key.refuses:
        what = f"rows of {child}, which is not declared, keep its rows from being deleted."
        return Problem(at, what, f"Declare {child}, or erase by masking.")
    what = f"rows of {child}, which is not declared, refer to its rows."
    return Problem(at, what, f"Declare {child}, if it holds personal data.", warning=True)


def _changes(connection: sa.Connection, live: Live) -> Iterator[Problem]:
    """What in the database may stand against changing the table's rows."""
    at, erase = f"tables.{live.name}", live.declared.erase
    changed = erase is Erase.DELETE or any(mask_of(live, name) != "keep" for name in live.names)
    if changed and not takes_changes(connection, live.place):
        what = f"{live.full_name} is a view whose rows cannot be changed."
        yield Problem(at, what, "Declare the table behind it, or mask nothing of it.")
    elif names := triggers(connection, live.place):
        what = f"{live.full_name} has triggers ({', '.join(names)}): they may refuse or do more."
        mend = "Try an erasure before the first person asks."
        yield Problem(at, what, mend, warning=True)
