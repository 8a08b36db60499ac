"""The declaration of an HTTP API: how we prove who we are, what is asked, what the answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dsar.adapters.dictionary import Column
from dsar.adapters.http import Auth, HttpSettings
from dsar.sdk.settings import Words

if TYPE_CHECKING:
    from dsar.adapters.http import Credentials
    from dsar.adapters.rest.pace import Memory, Pace


class By(StrEnum):
    """How an answer of several pages is asked for."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How the pages of an answer follow each other.

    `page` counts from `first` in `{page}`; `offset` counts records in `{offset}`; `cursor` takes
    `{cursor}` from the answer at the path `next`; `link` follows the header Link (rel="next",
    RFC 8288), or the address at the path `next`. `more` is a path that says false on the last page.
    `size` is what `{size}` asks for.
    """

    SHORT = "by"

    by: By = By.NONE
    first: int = 1
    size: int = 100
    next: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """One way to a person's records.

    `by` is the kind of identifier asked for, or `from` the "collection.path" of records already
    found that lead here; either stands in `path`, `query` or `body` as `{identifier}`. Each record
    of the answer must carry it at one of the paths `match`; a record that does not is another
    person's and stops the search, or is left out where the search is `fuzzy`. `by_address` says
    instead that the address alone makes the records theirs. `shared` identifiers may belong to
    several people. `records` is the path of the list in the answer. Statuses in `nothing_held` mean
    that there is nothing.
    """

    path: str
    by: str = ""
    from_: str = ""
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    match: tuple[str, ...] = ()
    by_address: bool = False
    fuzzy: bool = False
    shared: bool = False
    records: str = ""
    pages: Pages = field(default_factory=Pages)
    nothing_held: tuple[int, ...] = ()


class Effect(StrEnum):
    """What a successful erasure leaves."""

    ERASED = "erased"
    ANONYMISED = "anonymised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How one record is changed. `{key}` stands for its key, `{changes}` for what is corrected.

    `missing` are the statuses that mean that it is not there; `kept` maps a status to the reason
    for which the system keeps the record; `accepted` says that 202 means done, not begun. `done`
    is what erasing leaves; `purposes` are those an objection here stops, all if empty.
    """

    path: str
    method: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    missing: tuple[int, ...] = (404, 410)
    kept: Mapping[str, str] = field(default_factory=dict)
    accepted: bool = False
    done: Effect = Effect.ERASED
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCollection:
    """One kind of record.

    `key`, `subject` and the paths of `gives` (kind of identifier = path) are dotted paths in a
    record. Fields of the objects named by `spread` become the record's own, by dotted names.
    """

    find: tuple[Find, ...]
    key: str = "id"
    title: Words = field(default_factory=dict)
    meaning: Words = field(default_factory=dict)
    subject: str = ""
    gives: Mapping[str, str] = field(default_factory=dict)
    fold: tuple[str, ...] = ("email",)
    spread: tuple[str, ...] = ()
    erase: Endpoint | None = None
    rectify: Endpoint | None = None
    restrict: Endpoint | None = None
    object_to: Endpoint | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RestSettings(HttpSettings):
    """An HTTP API: how it is reached (`HttpSettings`), who we are, what it holds.

    `headers` go with each request. `requests_per_second` is kept within one process; 0 is no limit.
    `most_pages` of one answer are read, then the search stops and says so.
    """

    collections: Mapping[str, RestCollection]
    auth: Auth | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    requests_per_second: float = 0.0
    most_pages: int = 10_000

    @property
    def gives(self) -> tuple[str, ...]:
        """The further kinds of identifier an answer may bring."""
        kinds = (kind for one in self.collections.values() for kind in one.gives)
        return tuple(dict.fromkeys(kinds))

    @property
    def identifies_by(self) -> tuple[str, ...]:
        """The kinds of identifier any collection can be asked for; a name comes last."""
        kinds = [way.by for one in self.collections.values() for way in one.find if way.by]
        return tuple(dict.fromkeys([*(k for k in kinds if k != "name"), *kinds]))

    @cached_property
    def credentials(self) -> "Credentials | None":
        """Shared by all adapters of these settings, so that a fetched token serves them all."""
        from dsar.adapters.http.auth import credentials

        return credentials(self, self.auth)

    @cached_property
    def pace(self) -> "Pace":
        from dsar.adapters.rest.pace import Pace

        return Pace(self.requests_per_second)

    @cached_property
    def memory(self) -> "Memory":
        from dsar.adapters.rest.pace import Memory

        return Memory()
