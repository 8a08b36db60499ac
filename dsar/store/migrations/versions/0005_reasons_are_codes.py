"""Reasons are codes with parameters, and a legal hold is known by its code.

What was stored as a sentence stays and is read as one for staff. Only the two sentences that said
that a legal hold kept something become the codes `hold_in_force` and `on_hold`: what is due when a
hold falls is found by them. The way back makes a sentence of every code, which the older code shows
to staff and to the person alike: of a hold its own sentence, of the rest what was said with it, or
the code's name.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from dsar.store.types import json_type

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ON_HOLD, _IN_FORCE = {"code": "on_hold"}, '{"code":"hold_in_force"}'
_GIVEN_UP = "A legal hold is in force; lift it and try again, or go on with a named gap."
_KEPT = "Needed for legal claims; a legal hold is in force."
#: The tables with a column `reason`, and the name of their key.
_WITH_REASON = {"task": "id", "coverage": "id", "gate": "source"}


def upgrade() -> None:
    _retype(sa.Text())
    for name in _WITH_REASON:
        reason = sa.column("reason", sa.Text())
        given_up = sa.update(sa.table(name, reason)).where(reason == _GIVEN_UP)
        op.get_bind().execute(given_up.values(reason=_IN_FORCE))
    for line, kept in _rows("coverage", "kept", f"%{_KEPT}%"):
        told = [one | {"because": _ON_HOLD} if one["because"] == _KEPT else one for one in kept]
        _write("coverage", "kept", line, told)


def downgrade() -> None:
    for name in _WITH_REASON:
        for row, reason in _rows(name, "reason", '{"code":%'):
            _write(name, "reason", row, _sentence(json.loads(reason))[:500])
    for line, kept in _rows("coverage", "kept", "%code%"):
        told = [one | {"because": _sentence(one["because"])} for one in kept]
        _write("coverage", "kept", line, told)
    for ticket, doubts in _rows("ticket", "doubts", "%code%"):
        told = [one if "text" in one else _doubt(one) for one in doubts]
        _write("ticket", "doubts", ticket, told)
    _retype(sa.String(length=500), using="left(reason, 500)")


def _retype(to: sa.types.TypeEngine[str], using: str | None = None) -> None:
    """SQLite holds a text to no length, and would copy its largest table to change one."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for name in _WITH_REASON:
        op.alter_column(name, "reason", type_=to, existing_nullable=False, postgresql_using=using)


def _table(name: str, of: str) -> tuple[Any, Any, Any]:
    """A table with its key and one other column."""
    key = sa.column(_WITH_REASON.get(name, "id"), sa.String())
    value = sa.column(of, sa.Text() if of == "reason" else json_type())
    return sa.table(name, key, value), key, value


def _rows(name: str, of: str, like: str) -> Iterator[tuple[str, Any]]:
    """The key and the column of the rows in which it reads so."""
    table, key, value = _table(name, of)
    query = sa.select(key, value).select_from(table).where(sa.cast(value, sa.Text()).like(like))
    yield from [(row[0], row[1]) for row in op.get_bind().execute(query).all()]


def _write(name: str, of: str, row: str, value: Any) -> None:
    table, key, _ = _table(name, of)
    op.get_bind().execute(sa.update(table).where(key == row).values({of: value}))


def _sentence(because: Any) -> str:
    """What the older code can show of a reason."""
    if not isinstance(because, Mapping):
        return str(because)
    if because["code"] in {"on_hold", "hold_in_force"}:
        return _KEPT if because["code"] == "on_hold" else _GIVEN_UP
    params = because.get("params", {})
    words = params.get("words")
    said = params.get("text") or (words.get("en") if isinstance(words, Mapping) else words)
    return str(said or str(params.get("ground") or because["code"]).replace("_", " "))


def _doubt(row: Mapping[str, Any]) -> dict[str, Any]:
    """A doubt of a ticket with the sentence that the older code shows."""
    told = {name: row[name] for name in ("code", "place", "blocks")}
    count = row.get("params", {}).get("count", "")
    return told | {"text": f"{row['place']}: {count} records, {row['code'].replace('_', ' ')}"}
