"""The foreign keys of a database that lead to or from declared tables, whoever declared them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from dsar.adapters.sql.dialects.dialect import Place
from dsar.adapters.sql.dialects.mysql import NAMES


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows of `child` refer to rows of `parent`: a foreign key.

    `on_delete` is what becomes of the child when the parent goes, in SQL's words; "" where nothing
    does and deleting is refused. A `deferred` one refuses only when the transaction ends.
    """

    child: Place
    columns: tuple[str, ...]
    parent: Place
    parent_columns: tuple[str, ...]
    on_delete: str = ""
    deferred: bool = False

    @property
    def refuses(self) -> bool:
        """Whether a parent that is referred to cannot be deleted."""
        return self.on_delete in {"", "NO ACTION", "RESTRICT"}


def references(connection: sa.Connection, places: Sequence[Place]) -> tuple[Reference, ...]:
    """Every foreign key from or to one of these tables; those are called as they are given."""
    found = _FOUND.get(connection.dialect.name, _reflected)
    wanted = set(places)
    listed = dict.fromkeys(found(connection, places))
    return tuple(one for one in listed if {one.child, one.parent} & wanted)


_POSTGRESQL = sa.text("""
    WITH wanted AS (
        SELECT to_regclass(name) AS oid, place
        FROM unnest(CAST(:places AS text[])) WITH ORDINALITY AS given(name, place))
    SELECT child.place, CASE WHEN pg_table_is_visible(conrelid) THEN NULL ELSE cn.nspname END,
        c.relname, parent.place,
        CASE WHEN pg_table_is_visible(confrelid) THEN NULL ELSE pn.nspname END, p.relname,
        ARRAY(SELECT CAST(attname AS text) FROM unnest(conkey) WITH ORDINALITY AS key(number, at)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = key.number ORDER BY at),
        ARRAY(SELECT CAST(attname AS text) FROM unnest(confkey) WITH ORDINALITY AS key(number, at)
            JOIN pg_attribute ON attrelid = confrelid AND attnum = key.number ORDER BY at),
        CAST(confdeltype AS text), condeferred
    FROM pg_constraint
    JOIN pg_class c ON c.oid = conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
    JOIN pg_class p ON p.oid = confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
    LEFT JOIN wanted child ON child.oid = conrelid
    LEFT JOIN wanted parent ON parent.oid = confrelid
    WHERE contype = 'f' AND (child.oid IS NOT NULL OR parent.oid IS NOT NULL)
    ORDER BY conname""")
_ACTIONS = {"a": "", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def _postgresql(connection: sa.Connection, places: Sequence[Place]) -> Iterator[Reference]:
    quote = connection.dialect.identifier_preparer.quote
    names = [".".join(quote(part) for part in place if part) for place in places]
    asked = _POSTGRESQL.bindparams(sa.bindparam("places", names, ARRAY(sa.Text)))
    for row in connection.execute(asked):
        child, child_schema, child_name, parent, parent_schema, parent_name, own, theirs = row[:8]
        yield Reference(
            places[child - 1] if child else (child_schema, child_name),
            tuple(own),
            places[parent - 1] if parent else (parent_schema, parent_name),
            tuple(theirs),
            _ACTIONS[row[8]],
            row[9],
        )


_MYSQL = sa.text("""
    SELECT table_schema, table_name, column_name, referenced_table_schema, referenced_table_name,
        referenced_column_name, constraint_name, delete_rule, DATABASE()
    FROM information_schema.key_column_usage
    JOIN information_schema.referential_constraints
        USING (constraint_schema, constraint_name, table_name, referenced_table_name)
    WHERE referenced_table_schema IN :schemas OR table_schema IN :schemas
    ORDER BY table_schema, table_name, constraint_name, ordinal_position
    """).bindparams(sa.bindparam("schemas", expanding=True))


def _mysql(connection: sa.Connection, places: Sequence[Place]) -> Iterator[Reference]:
    here = str(connection.exec_driver_sql("SELECT DATABASE()").scalar())
    given = {(schema or here, name): (schema, name) for schema, name in places}
    schemas = list({schema for schema, _ in given})
    grouped: dict[tuple[str, ...], list[Any]] = {}
    for row in connection.execute(_MYSQL, {"schemas": schemas}):
        grouped.setdefault((row[0], row[1], row[6]), []).append(row)
    for rows in grouped.values():
        first = rows[0]
        yield Reference(
            _given(given, here, first[0], first[1]),
            tuple(row[2] for row in rows),
            _given(given, here, first[3], first[4]),
            tuple(row[5] for row in rows),
            first[7],
        )


def _given(given: Mapping[tuple[str, str], Place], here: str, schema: str, name: str) -> Place:
    """A table as it was given, else by its name alone where it is in the connection's database."""
    return given.get((schema, name), (None if schema == here else schema, name))


_SQLITE = """
    SELECT m.name, f.id, f."table", f."from", f."to", f.on_delete,
        upper(m.sql) LIKE '%INITIALLY DEFERRED%'
    FROM {schema}sqlite_schema m, pragma_foreign_key_list(m.name{named}) f
    WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq"""


def _sqlite(connection: sa.Connection, places: Sequence[Place]) -> Iterator[Reference]:
    quote = connection.dialect.identifier_preparer.quote
    keys = sa.inspect(connection)
    for schema in dict.fromkeys(schema for schema, _ in places):
        text = _SQLITE.format(
            schema=f"{quote(schema)}." if schema else "", named=", ?" if schema else ""
        )
        grouped: dict[tuple[str, int], list[Any]] = {}
        for row in connection.exec_driver_sql(text, (schema,) if schema else ()):
            grouped.setdefault((row[0], row[1]), []).append(row)
        for (child, _), rows in grouped.items():
            parent = rows[0][2]
            named = tuple(row[4] for row in rows)
            if None in named:  # it refers to the primary key without naming it
                named = tuple(keys.get_pk_constraint(parent, schema)["constrained_columns"])
            yield Reference(
                (schema, child),
                tuple(row[3] for row in rows),
                (schema, parent),
                named,
                rows[0][5],
                bool(rows[0][6]),
            )


def _reflected(connection: sa.Connection, places: Sequence[Place]) -> Iterator[Reference]:
    inspector = sa.inspect(connection)
    for schema in dict.fromkeys(schema for schema, _ in places):
        for where, keys in inspector.get_multi_foreign_keys(schema=schema).items():
            for key in keys:
                options = key.get("options", {})
                yield Reference(
                    where,
                    tuple(key["constrained_columns"]),
                    (key["referred_schema"] or schema, key["referred_table"]),
                    tuple(key["referred_columns"]),
                    str(options.get("ondelete", "")).upper(),
                )


_FOUND: Mapping[str, Callable[[sa.Connection, Sequence[Place]], Iterator[Reference]]] = {
    **dict.fromkeys(NAMES, _mysql),
    "postgresql": _postgresql,
    "sqlite": _sqlite,
}
