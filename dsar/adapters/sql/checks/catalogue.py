"""What a database's catalogue says that may stand against a change: views, triggers."""

from collections.abc import Mapping

import sqlalchemy as sa

from dsar.adapters.sql.dialects.dialect import Place
from dsar.adapters.sql.dialects.mysql import NAMES

#: Whether a view takes changes; :name is quoted where it must be, :table as it is.
_CHANGEABLE: Mapping[str, str] = {
    **dict.fromkeys(
        NAMES,
        "SELECT is_updatable = 'YES' FROM information_schema.views "
        "WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :table",
    ),
    "postgresql": (
        "SELECT pg_relation_is_updatable(to_regclass(CAST(:name AS text)), true) & 20 = 20 "
        "WHERE (SELECT relkind FROM pg_class WHERE oid = to_regclass(CAST(:name AS text))) "
        "IN ('v', 'm', 'f')"
    ),
    "sqlite": (
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema AS t WHERE t.type = 'trigger' "
        "AND t.tbl_name = v.name) FROM sqlite_schema AS v WHERE type = 'view' AND name = :table"
    ),
}
#: The triggers that see a change of a table's rows.
_TRIGGERS: Mapping[str, str] = {
    **dict.fromkeys(
        NAMES,
        "SELECT trigger_name FROM information_schema.triggers WHERE event_manipulation <> 'INSERT' "
        "AND event_object_schema = COALESCE(:schema, DATABASE()) AND event_object_table = :table",
    ),
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(CAST(:name AS text)) "
        "AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 24 > 0"
    ),
    "sqlite": (
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = :table "
        "AND upper(sql) NOT LIKE '%INSERT ON%'"
    ),
}


def takes_changes(connection: sa.Connection, place: Place) -> bool:
    """Whether rows can be changed there: false for a view the database only reads from."""
    found = _asked(connection, _CHANGEABLE, place)
    return bool(found[0]) if found else True


def triggers(connection: sa.Connection, place: Place) -> list[str]:
    """The names of the triggers that may refuse a change, or do more than it says."""
    return sorted(str(name) for name in _asked(connection, _TRIGGERS, place))


def _asked(connection: sa.Connection, statements: Mapping[str, str], place: Place) -> list[object]:
    statement = statements.get(connection.dialect.name)
    if statement is None:
        return []
    schema, table = place
    quote = connection.dialect.identifier_preparer.quote
    name = ".".join(quote(part) for part in place if part)
    text = sa.text(statement)
    given = {"schema": schema, "table": table, "name": name}
    wanted = {key: given[key] for key in text._bindparams}  # noqa: SLF001
    return list(connection.execute(text, wanted).scalars())
