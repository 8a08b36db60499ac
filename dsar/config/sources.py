"""The configured sources: `sources.toml` read strictly, each with its adapter, opened when used."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import structlog

from dsar.config.hours import Hours, hours, settling
from dsar.config.settings import read_toml
from dsar.domain.errors import BadInput, NotFound
from dsar.domain.records import Collection
from dsar.sandbox.adapter import isolated, sendable
from dsar.sdk import Adapter, Limits, can
from dsar.sdk.desk import Desk
from dsar.sdk.registry import adapter as find_adapter
from dsar.sdk.registry import built_in, settings_from
from dsar.sdk.settings import build

log = structlog.get_logger("dsar.sources")

_LONGEST_NAME, _LONGEST_TITLE = 80, 200
_OURS = {"adapter", "title", "concurrency", "isolated", "limits"}
_OURS |= {"settle", "allowed_hours", "quiet_hours"}


@dataclass(frozen=True)
class Source:
    """A configured system that holds personal data, and the class that speaks to its kind.

    `isolated` sources are spoken to by a child process that may hang, eat memory or die. `settle`
    is how many seconds it takes to show its changes, `hours` when it may be worked on.
    """

    name: str
    title: str
    adapter: type[Adapter]
    settings: Any
    concurrency: int = 2
    isolated: bool = False
    limits: Limits = field(default_factory=Limits)
    settle: float = 0.0
    hours: Hours | None = None
    _answers: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @contextmanager
    def open(self, desk: Desk | None = None) -> Iterator[Adapter]:
        """The adapter at work; closed afterwards. One that answers later asks at `desk`."""
        with closing(self._adapter()) as adapter:
            if adapter.answers_later:
                adapter.desk = desk
            yield adapter

    def _adapter(self) -> Adapter:
        if self.isolated:
            return isolated(self.adapter)(self.settings, source=self.name, limits=self.limits)
        return self.adapter(self.settings)

    @property
    def needs(self) -> frozenset[str]:
        """The kinds of identifier it searches by."""
        return self._told("identifies_by")

    @property
    def needs_at_hand(self) -> frozenset[str] | None:
        """The same, where no process must be started to learn it; None where one must."""
        if self.isolated:
            return self._answers.get("identifies_by")
        return self.needs

    @property
    def gives(self) -> frozenset[str]:
        """The further kinds of identifier its answer may bring."""
        return self._told("gives")

    def _told(self, what: str) -> frozenset[str]:
        """One source that cannot be opened stops no other; its own search says what is wrong.

        It is asked again the next time: what is remembered for good is an answer only.
        """
        if what in self._answers:
            return self._answers[what]
        try:
            with self.open() as adapter:
                return self._answers.setdefault(what, frozenset(getattr(adapter, what)))
        except Exception as error:  # noqa: BLE001 - whatever a stranger's adapter raises
            log.warning("source.not_opened", source=self.name, error=type(error).__name__)
            return frozenset()

    def can(self, verb: str) -> bool:
        """Whether this kind of system can be asked to do that at all."""
        return can(self.adapter, verb)


@dataclass(frozen=True)
class Sources:
    """Every configured source by name; `version` is the hash of the file they come from."""

    by_name: Mapping[str, Source]
    version: str = ""

    def __getitem__(self, name: str) -> Source:
        if name not in self.by_name:
            message = f"No source is called {name}; it may have been removed from sources.toml."
            raise NotFound(message)
        return self.by_name[name]

    def __iter__(self) -> Iterator[Source]:
        return iter(self.by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self.by_name


def load(path: Path) -> Sources:
    """The sources in `path`; raises BadInput naming the source, the setting and the mend."""
    tables = read_toml(path)
    if not tables:
        raise BadInput(path.name, "names no source.", "Add a table for each system, e.g. [shop].")
    found = {name: _source(name, table, path) for name, table in tables.items()}
    return Sources(found, hashlib.sha256(path.read_bytes()).hexdigest()[:16])


def _source(name: str, table: Any, path: Path) -> Source:
    at = f"sources.{name}"
    if not isinstance(table, dict) or "adapter" not in table:
        raise BadInput(f"{at}.adapter", "is missing.", 'Name one, e.g. adapter = "sql".')
    if not name.replace("_", "").replace("-", "").isalnum() or name != name.lower():
        raise BadInput(at, "is no name for a source.", "Use small letters, digits, - and _.")
    if len(name) > _LONGEST_NAME or len(str(table.get("title", ""))) > _LONGEST_TITLE:
        mend = f"A name has up to {_LONGEST_NAME} signs, a title up to {_LONGEST_TITLE}."
        raise BadInput(at, "has a name or a title that is too long.", mend)
    for key in ("adapter", "title"):
        if not isinstance(table.get(key, ""), str):
            raise BadInput(f"{at}.{key}", "is no text.", "Put it in quotes.")
    concurrency = table.get("concurrency", 2)
    if type(concurrency) is not int or not 1 <= concurrency <= 64:
        raise BadInput(f"{at}.concurrency", "is not a number from 1 to 64.", "Try 2.")
    kind = find_adapter(table["adapter"], at=f"{at}.adapter")
    rest = {key: value for key, value in table.items() if key not in _OURS}
    settings = settings_from(kind, rest, at=at, folder=path.resolve().parent)
    apart = _isolated(table, kind, f"{at}.isolated")
    if apart:
        sendable(settings, at=at)
    return Source(
        name,
        table.get("title", name),
        kind,
        settings,
        concurrency,
        apart,
        _limits(table.get("limits", {}), f"{at}.limits"),
        settling(table.get("settle", 0), f"{at}.settle"),
        hours(table, at),
    )


def _isolated(table: Mapping[str, Any], kind: type[Adapter], at: str) -> bool:
    """Whether it runs in a process of its own: strangers' adapters do unless somebody vouches."""
    wanted = table.get("isolated", table["adapter"] not in built_in() and not kind.answers_later)
    if not isinstance(wanted, bool):
        raise BadInput(at, "is neither true nor false.", "Write true or false.")
    if wanted and kind.answers_later:
        problem = f"cannot be true: {kind.name} asks people, through the engine's own database."
        raise BadInput(at, problem, "Leave it out.")
    return wanted


def _limits(table: Any, at: str) -> Limits:
    limits = build(Limits, table, at=at)
    for name, value in asdict(limits).items():
        if not 0 < value < math.inf:
            raise BadInput(f"{at}.{name}", "is no positive number.", "Give one, or leave it out.")
    return limits


def dictionary(source: Source) -> dict[str, Collection]:
    """The source's collections by name, in its own order: what every label comes from."""
    with source.open() as adapter:
        return {collection.name: collection for collection in adapter.collections()}
