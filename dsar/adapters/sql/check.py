"""Compares a SQL source's declaration with the database as it is."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from dsar.adapters.dictionary import Erase
from dsar.adapters.sql.live import Live
from dsar.adapters.sql.masks import HASHING, mask_of
from dsar.adapters.sql.plan import faults
from dsar.adapters.sql.schema import Database
from dsar.adapters.sql.settings import SqlSettings
from dsar.sdk import Later, NeedsHuman, Problem

Place = tuple[str | None, str]


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
        found += _cascades(database, live)
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
        yield from _masks(live)
        if not live.declared.key or not _tells_apart(database, live):
            yield Problem(
                f"{at}.key", "does not tell rows apart.", "Name the columns that do together."
            )


def _masks(live: Live) -> Iterator[Problem]:
    """The columns for which erasing would be refused, or is not known on this database."""
    for name in live.names:
        mask = mask_of(live, name)
        at = f"tables.{live.name}.columns.{name}.mask"
        if live.declared.erase is Erase.MASK and mask == "null" and name in live.required:
            yield Problem(at, "is needed: the column cannot be empty.", "Declare a mask, or keep.")
        if mask == "hash" and live.database not in HASHING:
            yield Problem(at, f"hash is not known on {live.database}.", "Declare another mask.")


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
    name, schema = live.real_name, live.schema
    yield set(inspector.get_pk_constraint(name, schema)["constrained_columns"])
    for index in inspector.get_indexes(name, schema):
        columns = {column for column in index["column_names"] if column}
        partial = any("where" in option for option in index.get("dialect_options", {}))
        if index["unique"] and not partial and columns <= live.required:
            yield columns


def _cascades(database: Database, live: Mapping[str, Live]) -> Iterator[Problem]:
    """Tables nobody declared whose rows would go with the rows we delete."""
    declared = {(one.schema, one.real_name) for one in live.values()}
    deleted = {
        (one.schema, one.real_name): one.name
        for one in live.values()
        if one.declared.erase is Erase.DELETE
    }
    with database.reading() as connection:
        for schema in {one.schema for one in live.values()}:
            for where, target in _cascading(connection, schema):
                if target in deleted and where not in declared:
                    yield Problem(
                        f"tables.{deleted[target]}.erase",
                        f"deleting also deletes from {where[1]}, which is not declared.",
                        f"Declare {where[1]}, or erase by masking.",
                    )


def _cascading(connection: sa.Connection, schema: str | None) -> Iterator[tuple[Place, Place]]:
    """Each foreign key that deletes along: the table that has it, the table it refers to."""
    if connection.dialect.name == "sqlite":  # reflection leaves out what a column declares inline
        found = connection.exec_driver_sql(
            'SELECT m.name, f."table" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f '
            "WHERE m.type = 'table' AND f.on_delete = 'CASCADE'"
        )
        yield from (((schema, name), (schema, target)) for name, target in found)
        return
    for where, keys in sa.inspect(connection).get_multi_foreign_keys(schema=schema).items():
        for key in keys:
            if str(key.get("options", {}).get("ondelete", "")).upper() == "CASCADE":
                yield where, (key["referred_schema"] or schema, key["referred_table"])
