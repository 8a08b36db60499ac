"""Reading `policy.toml`, strictly: the controller's processing activities and the data of each.

What is unknown, missing or contradicts itself is refused with its line, because a typing error here
would silently erase what a law protects, or keep what it does not.

Activities may also come from Fideslang system manifests: `[systems]` names their file and, for each
dataset they refer to, the source that holds it and the file that describes it. An activity of the
same name in `policy.toml` takes the place of one from there.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from dsar.domain.calendar.period import Period
from dsar.domain.errors import BadInput
from dsar.domain.policy import Activity, Basis, Origin, Policy, Recipient, Retention
from dsar.domain.records import Text
from dsar.domain.regimes.strict_toml import TomlTable, refuse

_ACTIVITY = {
    "title",
    "purpose",
    "basis",
    "retention",
    "data",
    "categories",
    "recipients",
    "origin",
    "origin_note",
    "interest",
    "automated",
    "marketing",
}
_RETENTION = {"because", "period", "since", "law", "whole_years"}
_RECIPIENT = {"name", "role", "country", "safeguard"}

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACE = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[^.\s]+){1,2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}|")


def load(path: Path, *, known: Iterable[str] | None = None) -> Policy:
    """The policy in `path`; its version is the beginning of the SHA-256 of the file.

    `known` names the configured sources: with it, data of any other source is refused. Raises
    BadInput whose field is `<file>:<line> <key>`.
    """
    whole, text = _read(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(path.name, f"is not TOML: {error}.", "Mend that line.") from None
    table = TomlTable(values, name=path.name, lines=tuple(text.splitlines()))
    sources = None if known is None else frozenset(known)
    declared, files = _systems(table, path.resolve().parent, sources)
    named = table.table("activities", optional=bool(declared))
    named.asked |= set(named.values)
    table.finish()
    if not (named.values or declared):
        refuse(table, "activities", "It names no activity.", "Add one as [activities.<name>].")
    read = declared | {name: _activity(named, name, sources) for name in named.values}
    return Policy(
        version=hashlib.sha256(b"".join([whole, *files])).hexdigest()[:12],
        activities={name: activity for name, (activity, _) in read.items()},
        data={name: places for name, (_, places) in read.items()},
    )


def _read(path: Path) -> tuple[bytes, str]:
    try:
        whole = path.read_bytes()
        return whole, whole.decode("utf-8")
    except FileNotFoundError:
        mend = "Write one, or name another file in dsar.toml."
        raise BadInput(path.name, "is not there.", mend) from None
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read as UTF-8 text ({type(error).__name__})."
        raise BadInput(path.name, problem, "Mend the file or the right to read it.") from None


_Declared = dict[str, tuple[Activity, tuple[str, ...]]]


def _systems(
    table: TomlTable, folder: Path, sources: frozenset[str] | None
) -> tuple[_Declared, list[bytes]]:
    """The activities of the system manifests, and the files they were read from."""
    if "systems" not in table:
        return {}, []
    from dsar.config import fideslang_systems

    given = table.table("systems")
    datasets, file = given.table("datasets"), folder / given.text("file")
    given.finish()
    found, files = {}, [file]
    for key in datasets.values:
        one = datasets.table(key)
        source, path = one.text("source"), folder / one.text("file")
        one.finish()
        _refuse_source(one, "source", source, sources)
        found[key] = fideslang_systems.Dataset.of(source, path, key)
        files.append(path)
    declared = fideslang_systems.read(file, found)
    return declared, [path.read_bytes() for path in files]


def _refuse_source(table: TomlTable, key: str, name: str, known: frozenset[str] | None) -> None:
    if known is not None and name not in known:
        mend = f"Configured are: {', '.join(sorted(known)) or 'none'}."
        refuse(table, key, f"No source is called {name!r}.", mend)


def _activity(
    named: TomlTable, name: str, sources: frozenset[str] | None
) -> tuple[Activity, tuple[str, ...]]:
    """One activity, and the places of the data it uses."""
    if not _NAME.fullmatch(name):
        refuse(named, name, "It is no name for an activity.", "Use a-z, 0-9 and _, a letter first.")
    table = named.table(name)
    table.asked |= _ACTIVITY
    table.finish()
    places = _places(table, sources)
    return (
        Activity(
            id=name,
            title=_words(table, "title"),
            purpose=_words(table, "purpose"),
            basis=table.choice("basis", Basis),
            retention=_retention(table.table("retention")),
            categories=_categories(table),
            recipients=tuple(_recipient(r) for r in table.tables("recipients", optional=True)),
            origin=table.choice("origin", Origin, default=Origin.PROVIDED),
            origin_note=_words(table, "origin_note", optional=True),
            interest=_words(table, "interest", optional=True),
            automated=_words(table, "automated", optional=True),
            marketing=table.truth("marketing", default=False),
        ),
        places,
    )


def _places(table: TomlTable, sources: frozenset[str] | None) -> tuple[str, ...]:
    """The places of `data`: at least one, each well formed, of a known source, and only once."""
    places = table.anything("data")
    if not isinstance(places, list) or not places:
        refuse(table, "data", "It names no data.", 'List places such as "shop.orders".')
    for place in places:
        if not isinstance(place, str) or not _PLACE.fullmatch(place):
            mend = 'Write "source.collection" or "source.collection.field".'
            refuse(table, "data", f"{place!r} is no place.", mend)
        if places.count(place) > 1:
            refuse(table, "data", f"{place!r} stands there twice.", "Remove one.")
        _refuse_source(table, "data", place.partition(".")[0], sources)
    return tuple(places)


def _retention(table: TomlTable) -> Retention:
    table.asked |= _RETENTION
    table.finish()
    retention = Retention(
        because=_words(table, "because"),
        period=_period(table),
        since=table.text("since") if "since" in table else None,
        law=table.text("law") if "law" in table else None,
        whole_years=table.truth("whole_years", default=False),
    )
    if retention.period is None and (retention.since or retention.whole_years):
        refuse(table, "period", "It is missing.", 'Say how long, such as period = "7 years".')
    if retention.period is not None and retention.since is None:
        refuse(table, "since", "It is missing.", "Name the field whose date starts the period.")
    return retention


def _period(table: TomlTable) -> Period | None:
    if "period" not in table:
        return None
    try:
        return Period.parse(table.text("period"))
    except ValueError as error:
        refuse(table, "period", "It is no length of time.", f"Please {error}.")


def _recipient(table: TomlTable) -> Recipient:
    table.asked |= _RECIPIENT
    table.finish()
    country = table.text("country", default="")
    if not _COUNTRY.fullmatch(country):
        refuse(table, "country", "It is no country.", 'Give two capital letters, such as "DE".')
    return Recipient(
        name=table.text("name"),
        role=_words(table, "role"),
        country=country,
        safeguard=_words(table, "safeguard", optional=True),
    )


def _categories(table: TomlTable) -> tuple[Text, ...]:
    values = table.anything("categories") if "categories" in table else []
    if not isinstance(values, list):
        refuse(table, "categories", "It is no list.", "Put texts in brackets.")
    return tuple(_as_words(table, "categories", value) for value in values)


def _words(table: TomlTable, key: str, *, optional: bool = False) -> Text:
    if optional and key not in table:
        return {}
    return _as_words(table, key, table.anything(key))


def _as_words(table: TomlTable, key: str, value: object) -> Text:
    """A text as it stands is English; a table has one text for each language."""
    texts: Mapping[str, object] = value if isinstance(value, dict) else {"en": value}
    for language, words in texts.items():
        if not _LANGUAGE.fullmatch(language):
            refuse(table, key, f"{language!r} is no language.", "Use tags such as en or pt-BR.")
        if not isinstance(words, str) or not words.strip():
            refuse(table, key, "It is no text.", 'Give a text in quotes, or { en = "…" }.')
    if not texts:
        refuse(table, key, "It holds no text.", 'Give a text in quotes, or { en = "…" }.')
    return {language: str(words).strip() for language, words in texts.items()}
