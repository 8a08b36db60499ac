"""PostgreSQL: what a driver cannot hold, or would change, is asked for as the server's own text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine, UserDefinedType

from dsar.adapters.json_values import plain
from dsar.adapters.sql.dialects import form as forms
from dsar.adapters.sql.dialects.dialect import (
    CONNECT_SECONDS,
    Dialect,
    Keys,
    Place,
    ServerType,
)
from dsar.adapters.sql.dialects.form import Expression, Form

#: Dates in ISO 8601 and numbers with every digit, whatever the server or the role prefers.
_SESSION = "SET datestyle = ISO; SET extra_float_digits = 3"


#: Columns with the server's own names of their types, and of what those of a domain stand for.
_TYPES = sa.text("""
    WITH RECURSIVE based(oid, base) AS (
        SELECT oid, oid FROM pg_type WHERE typtype <> 'd'
        UNION ALL
        SELECT pg_type.oid, based.base FROM pg_type JOIN based ON pg_type.typbasetype = based.oid
        WHERE typtype = 'd')
    SELECT wanted.place, attname, format_type(atttypid, -1), format_type(base, -1)
    FROM unnest(CAST(:places AS text[])) WITH ORDINALITY AS wanted(name, place)
    JOIN pg_attribute ON attrelid = to_regclass(wanted.name) AND attnum > 0 AND NOT attisdropped
    JOIN based ON based.oid = atttypid""")


class NamedType(UserDefinedType[Any]):
    """A type by the name the server gives it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name.replace("%", "%%")


def _as_text(place: Expression) -> Expression:
    return sa.cast(place, sa.Text)


def _as_shown(place: Expression) -> Expression:
    """An address without the mask of a single host, as the server prints it and no cast does."""
    return sa.func.abbrev(place, type_=sa.Text)


def _host(value: Any) -> Any:
    mask = "/128" if isinstance(value, str) and ":" in value else "/32"
    return value.removesuffix(mask) if isinstance(value, str) else value


def _as_texts(place: Expression) -> Expression:
    return sa.cast(place, NamedType("text[]"))


def _texts(value: Any) -> Any:
    """A list for the server to read: its members as text, at any depth."""
    if isinstance(value, list):
        return [_texts(one) for one in value]
    if value is None or isinstance(value, str):
        return value
    return forms.json_text(value)


def _list(value: Any) -> Any:
    if not isinstance(value, list):
        raise TypeError(value)
    return _texts(value)


def _float(value: Any) -> str:
    float(value)
    return str(value)


#: Types the driver gives as they are, and what a JSON value must be for them.
_PLAIN: Mapping[str, forms.Reader] = {
    **dict.fromkeys(("smallint", "integer", "bigint", "oid"), forms.whole),
    **dict.fromkeys(("text", "character varying", "bpchar", "name", '"char"'), forms.text),
    "boolean": forms.truth,
    "uuid": forms.uuid,
    "bytea": forms.octets,
}
#: How a parameter of such a type is sent; any other as text, which the server reads.
_CARRIERS: Mapping[forms.Reader, Any] = {
    forms.whole: sa.BigInteger(),
    forms.truth: sa.Boolean(),
    forms.octets: sa.LargeBinary(),
}
#: Readers of what is JSON already.
_JSON = frozenset({forms.whole, forms.text, forms.truth})
#: Types whose values are asked for as text, where that is read or written in a way of their own.
_READ: Mapping[str, forms.Reader] = {
    **dict.fromkeys(("timestamp without time zone", "timestamp with time zone"), forms.moment),
    **dict.fromkeys(("json", "jsonb"), forms.document),
    "inet": _host,
}
_TAKEN: Mapping[str, forms.Reader] = {
    "date": forms.shaped(date),
    "numeric": forms.decimal,
    **dict.fromkeys(("time without time zone", "time with time zone"), forms.shaped(time)),
    **dict.fromkeys(
        ("timestamp without time zone", "timestamp with time zone"), forms.shaped(datetime)
    ),
    **dict.fromkeys(("json", "jsonb"), forms.json_text),
}
_SURE = frozenset(_TAKEN) - {"json", "jsonb"}
_FLOATS = frozenset({"real", "double precision"})
#: Types without an equality, or whose equality is something else (the area of a circle, say).
_ALONE = frozenset(["json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"])


def _scalar(kind: TypeEngine[Any], base: str) -> Form:
    if base in _PLAIN:
        taken = _PLAIN[base]
        return Form(
            kind,
            read=None if taken in _JSON else plain,
            taken=taken,
            carrier=_CARRIERS.get(taken),
            textual=taken is forms.text,
        )
    if base in _FLOATS:
        return Form(kind, read=forms.number, taken=_float, sure=False, exact=False, text_key=True)
    return Form(
        kind,
        shown=_as_shown if base == "inet" else _as_text,
        read=_READ.get(base, plain),
        taken=_TAKEN.get(base, forms.text),
        textual=base == "citext",
        sure=base in _SURE,
        exact=False,
        alone=base in _ALONE,
        unordered=base in _ALONE,
    )


def _list_of(one: Form, base: str) -> Form:
    """A list of such values: as the driver gives it, or member by member as the server's text."""
    known = base in _PLAIN or base in _FLOATS
    return Form(
        one.kind,
        shown=forms.itself if known else _as_texts,
        read=forms.each(one.read) if one.read else plain,
        taken=_list,
        carrier=ARRAY(sa.Text()),
        alone=True,
        unordered=True,
        text_key=True,
    )


#: Python's names of PostgreSQL's encodings (manual, "Character Set Support"); of another nothing
#: is known beforehand.
_CODECS: Mapping[str, str] = {
    "UTF8": "utf-8",
    "SQL_ASCII": "utf-8",
    **{f"LATIN{n}": f"iso8859-{n}" for n in range(1, 5)},
    "LATIN5": "iso8859-9",
    "LATIN6": "iso8859-10",
    "LATIN7": "iso8859-13",
    "LATIN8": "iso8859-14",
    "LATIN9": "iso8859-15",
    "LATIN10": "iso8859-16",
    **{f"ISO_8859_{n}": f"iso8859-{n}" for n in range(5, 9)},
    **{f"WIN{n}": f"cp{n}" for n in (866, 874, *range(1250, 1259))},
    "KOI8R": "koi8-r",
    "KOI8U": "koi8-u",
    "EUC_JP": "euc_jp",
    "EUC_KR": "euc_kr",
    "EUC_CN": "gb2312",
}


class Postgresql(Dialect):
    """Types SQLAlchemy or the driver do not know are no obstacle: the server casts."""

    typed = False

    def connecting(self, url: sa.URL) -> dict[str, Any]:
        """UTF-8 unless the URL says otherwise: a database without an encoding names none."""
        options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
        if url.get_driver_name() == "psycopg" and "client_encoding" not in url.query:
            options["client_encoding"] = "utf8"
        return options

    def prepare(self, engine: sa.Engine, mask_key: bytes) -> None:
        del mask_key

        @sa.event.listens_for(engine, "connect")
        def connected(connection: Any, _record: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(_SESSION)
            connection.commit()

    def begin(self, connection: sa.Connection) -> None:
        """Deferred constraints are looked at with each statement: one refusal costs one record."""
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    def declared(
        self, connection: sa.Connection, places: Sequence[Place]
    ) -> Mapping[Place, Mapping[str, ServerType]]:
        quote = connection.dialect.identifier_preparer.quote
        names = [".".join(quote(part) for part in place if part) for place in places]
        bound = sa.bindparam("places", names, ARRAY(sa.Text))
        found: dict[Place, dict[str, ServerType]] = {}
        for number, column, own, base in connection.execute(_TYPES.bindparams(bound)):
            found.setdefault(places[number - 1], {})[column] = ServerType(own, base)
        return found

    def form(self, kind: TypeEngine[Any], declared: ServerType) -> Form:
        own, base = declared
        member = base.removesuffix("[]")
        made = _scalar(kind, member)
        if member != base:
            made = _list_of(made, member)
        carrier = made.carrier or sa.Text()

        def bound(value: Any) -> Expression:
            return sa.cast(sa.literal(value, carrier), NamedType(own))

        return replace(made, declared=own, carrier=carrier, bound=bound)

    def among(self, places: Sequence[Expression], forms: Sequence[Form], keys: Keys) -> Expression:
        arrays = [_array(one, [key[n] for key in keys]) for n, one in enumerate(forms)]
        if len(places) == 1:
            return places[0] == sa.any_(arrays[0])
        names = [f"c{number}" for number in range(len(places))]
        rows = sa.func.unnest(*arrays).table_valued(*names).render_derived()
        return sa.tuple_(*places).in_(sa.select(*rows.c))

    def codecs(self, connection: sa.Connection) -> tuple[str, ...]:
        """Of the client and of the server; a database without an encoding takes any bytes."""
        own = str(connection.exec_driver_sql("SHOW client_encoding").scalar())
        server = str(connection.exec_driver_sql("SHOW server_encoding").scalar())
        known = [_CODECS.get(name.upper()) for name in (own, server)]
        return tuple(dict.fromkeys(name for name in known if name))

    def plain_text(self, place: Expression) -> Expression:
        """Byte by byte: what a language makes of case (I and ı in Turkish) is nothing here."""
        return sa.collate(sa.cast(place, sa.Text), "C")

    def trim(self, place: Expression, blanks: str) -> Expression:
        return sa.func.btrim(place, blanks, type_=sa.Text)

    def as_key(self, form: Form) -> Form:
        """What the server said it reads again: it need not look like what a person writes."""
        if form.text_key:
            return replace(form, shown=_as_text, read=plain, taken=forms.text)
        return replace(form, taken=forms.text) if form.shown in {_as_text, _as_shown} else form

    def text(self, place: Expression) -> Expression:
        return sa.collate(sa.cast(place, sa.Text), "C")


def _array(form: Form, values: Sequence[Any]) -> Expression:
    """One parameter for all of them: long lists of parameters overflow the server's stack."""
    listed = sa.bindparam("keys", list(values), ARRAY(form.carrier or sa.Text()), unique=True)
    return sa.cast(listed, NamedType(f"{form.declared}[]")) if form.declared else listed
