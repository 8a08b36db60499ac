"""The declaration of an HTTP API: how we prove who we are, what is asked, what the answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dsar.adapters.dictionary import DictionaryField
from dsar.adapters.http import Auth, HttpSettings
from dsar.adapters.identifiers import refuse_unknown_region
from dsar.sdk.pace import Pace
from dsar.sdk.settings import Words

if TYPE_CHECKING:
    from dsar.adapters.http import Credentials


class PagedBy(StrEnum):
    """How an answer of several pages is asked for."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How the pages of an answer follow each other."""

    SHORT = "by"

    by: PagedBy = PagedBy.NONE
    """`"page"` counts pages in `{page}`, `"offset"` records in `{offset}`; `"cursor"` puts what
    `next` holds into `{cursor}`; `"link"` follows the address given for the next page."""
    first: int = 1
    """The number of the first page, for `"page"`."""
    size: int = 100
    """What `{size}` asks for."""
    next: str = ""
    """Path in the answer of the next cursor, or of the next page's address; without it `"link"`
    follows the header Link (rel="next", RFC 8288). On the last page it holds null or an empty text,
    unless `left_out` or `more` says how the end is known."""
    last: str = ""
    """Instead of `next`, for `"cursor"`: path in the last record of a page of what the next page is
    asked for by; it ends with `more`, or with an empty page."""
    more: str = ""
    """Path in the answer that is true while there are more pages, and false on the last."""
    left_out: bool = False
    """The last page has no `next` at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """One way to a person's records, `by` an identifier or `from` records already found."""

    path: str
    """The request's path below `url`. `{identifier}`, what is asked for, stands in it
    (percent-encoded, within one segment), in `query` or in `body`."""
    by: str = ""
    """The kind of identifier that is asked for."""
    from_: str = ""
    """The "collection.path" of records already found whose value is asked for instead."""
    method: str = "GET"
    """The request's method."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The request's parameters; one that is nothing but a place without a value is left out."""
    body: Any = None
    """The request's body, as JSON; places stand in it as in `query`."""
    match: tuple[str, ...] = ()
    """Path, or paths, where each record carries what was asked for; one that does not is another
    person's and stops the search."""
    by_address: bool = False
    """Instead of `match`: the address alone makes the records the person's."""
    fuzzy: bool = False
    """The search also finds what is similar: records that do not carry it are left out."""
    shared: bool = False
    """The identifier may belong to several people: a person looks at each record."""
    records: str = ""
    """Path of the list in the answer; the whole of it if left out."""
    pages: Pages = field(default_factory=Pages)
    """How the pages of the answer follow each other; one page if left out."""
    nothing_held: tuple[int, ...] = ()
    """Statuses that mean that nothing is held; 404 does so only where it stands here."""


class ErasureEffect(StrEnum):
    """What a successful erasure leaves."""

    ERASED = "erased"
    ANONYMISED = "anonymised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How one record is changed."""

    path: str
    """The request's path below `url`. `{key}`, the record's key, stands in it (percent-encoded,
    within one segment), in `query` or in `body`."""
    method: str = ""
    """The request's method; DELETE to erase and PATCH else, if left out."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The request's parameters."""
    body: Any = None
    """The request's body, as JSON; a correction's is `"{changes}"`, what is corrected, if left
    out."""
    missing: tuple[int, ...] = (404, 410)
    """Statuses that mean that the record is not there."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Status = why the system keeps the record."""
    accepted: bool = False
    """202 means done, not begun."""
    done: ErasureEffect = ErasureEffect.ERASED
    """What erasing leaves: nothing, or a record that is nobody's."""
    purposes: tuple[str, ...] = ()
    """The processing activities an objection here stops; all of them if none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedWith:
    """The collection whose erasure takes this one's records along, and how each is looked for."""

    collection: str
    """The collection whose `erase` takes them along; it is erased first."""
    path: str
    """The path below `url` at which one record of this collection is looked for after that; `{key}`
    stands in it or in `query`."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The request's parameters."""
    missing: tuple[int, ...] = (404, 410)
    """Statuses that mean that the record is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCollection:
    """One kind of record; paths in it are dotted."""

    find: tuple[Find, ...]
    """The way to a person's records, or several (`[[….find]]`)."""
    key: str = "id"
    """Path of what tells records apart."""
    title: Words = field(default_factory=dict)
    """What a person would call one of its records."""
    meaning: Words = field(default_factory=dict)
    """Why it is there, in a sentence."""
    subject: str = ""
    """Path of the system's own number of the person: two of them stop the ticket."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """Kind of identifier = path of a further one of the same person."""
    fold: tuple[str, ...] = ("email",)
    """The kinds of identifier compared without regard to case; e-mail addresses and UUIDs always
    are so, telephone numbers always without their separators."""
    region: str = ""
    """The country (`"DE"`) in whose national form telephone numbers may stand."""
    spread: tuple[str, ...] = ()
    """Objects whose fields become the record's own, by dotted names."""
    erase: Endpoint | None = None
    """How one record is erased."""
    erased_with: ErasedWith | None = None
    """Instead of `erase`: its records go with those of another collection, and are looked for."""
    rectify: Endpoint | None = None
    """How one record is corrected; single fields are erased so too, as a correction to nothing."""
    restrict: Endpoint | None = None
    """How one record is marked as restricted."""
    lift: Endpoint | None = None
    """How that mark is taken away again."""
    object_to: Endpoint | None = None
    """How an objection is noted in one record."""
    columns: Mapping[str, DictionaryField] = field(default_factory=dict)
    """The dictionary: field, by its dotted name = label, or its entry. What an
    erasure puts in its place is not a mask: it stands in `erase`'s body."""


@dataclass(frozen=True, kw_only=True)
class RestSettings(HttpSettings):
    """An HTTP API: how it is reached, who we are, what it holds."""

    collections: Mapping[str, RestCollection]
    """The kinds of record it holds."""
    auth: Auth | None = None
    """Who we are to it; without it requests carry no credentials."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers that go with each request."""
    requests_per_second: float = 0.0
    """No more requests than that in one process; 0 is no limit."""
    most_pages: int = 10_000
    """So many pages of one answer are read; then the search stops and says so."""

    def __post_init__(self) -> None:
        for name, one in self.collections.items():
            refuse_unknown_region(f"collections.{name}", one.region)

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
    def pace(self) -> Pace:
        """Shared by all adapters of these settings."""
        return Pace(self.requests_per_second)
