"""The declaration of a MongoDB database: its collections, and how a person is found in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from dsar.adapters.dictionary import Column, Erase, RestrictionMark
from dsar.adapters.identifiers import refuse_unknown_region
from dsar.sdk.settings import BadInput, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MongoCollection:
    """One collection of documents."""

    collection: str = ""
    """Its name in the database, where that differs."""
    title: Words = field(default_factory=dict)
    """What a person would call one of its documents."""
    meaning: Words = field(default_factory=dict)
    """Why it is there, in a sentence."""
    identify: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind of identifier = the field, or fields, that hold it; a dotted path reaches within."""
    fold: tuple[str, ...] = ("email",)
    """The kinds of identifier compared without blanks around and without regard to case; telephone
    numbers always are without their separators. Others are compared as they stand, so that an
    index can serve."""
    region: str = ""
    """The country (`"DE"`) in whose national form telephone numbers may stand."""
    unique: bool = False
    """One identifier belongs to one document: two stop the search, for they may be two people."""
    shared: bool = False
    """An identifier may belong to several people: a person looks at each document."""
    from_: Mapping[str, str] = field(default_factory=dict)
    """Field = the "collection.field" it refers to: documents that refer to documents found."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """Kind of identifier = the field that holds a further one of the same person."""
    erase: Erase = Erase.DELETE
    """Whether erasing deletes the document or masks its fields."""
    restrict: RestrictionMark | None = None
    """The field and value that mark a document as restricted."""
    object_to: RestrictionMark | None = None
    """The field and value that mark an objection, and the purposes it stops."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """The dictionary of its fields: field = label, or its entry."""

    def paths(self, at: str) -> Mapping[str, tuple[str, ...]]:
        """The dotted paths it looks along, by the setting that names each."""
        ways = {f"{at}.identify.{kind}": paths for kind, paths in self.identify.items()}
        ways |= {f"{at}.gives.{kind}": (path,) for kind, path in self.gives.items()}
        to = {path: target.partition(".")[2] for path, target in self.from_.items()}
        return ways | {f"{at}.from.{path}": (path, target) for path, target in to.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class MongoSettings:
    """One database of a MongoDB server."""

    url: str = field(repr=False)
    """The server, as `mongodb://…` or `mongodb+srv://…`, by reference: it holds the password."""
    database: str
    """The database's name."""
    collections: Mapping[str, MongoCollection]
    """The collections that hold personal data."""
    page: int = 1000
    """How many documents make a page."""
    mask_key: str | None = field(default=None, repr=False)
    """The secret of the keyed hash."""
    timeout: float = 30.0
    """Seconds the server may keep us waiting."""

    def __post_init__(self) -> None:
        if self.page < 1:
            raise BadInput("page", "is less than 1.", "Give the number of documents a page.")
        for name, one in self.collections.items():
            refuse_unknown_region(f"collections.{name}", one.region)
            for path, target in one.from_.items():
                parent, dot, _ = target.partition(".")
                if not dot or parent not in self.collections:
                    problem = "refers to no declared collection."
                    raise BadInput(
                        f"collections.{name}.from.{path}", problem, 'Write "collection.field".'
                    )
        try:
            self.in_order()
        except CycleError:
            raise BadInput("collections", "refer to each other in a ring.", "Open it.") from None

    def in_order(self) -> tuple[str, ...]:
        """The collections, each after those it refers to."""
        parents = {
            name: {target.partition(".")[0] for target in one.from_.values()}
            for name, one in self.collections.items()
        }
        return tuple(TopologicalSorter(parents).static_order())

    @property
    def identifies_by(self) -> tuple[str, ...]:
        """The kinds of identifier any collection can be searched by."""
        kinds = (kind for one in self.collections.values() for kind in one.identify)
        return tuple(dict.fromkeys(kinds))

    @property
    def gives(self) -> tuple[str, ...]:
        """The further kinds of identifier an answer may bring."""
        kinds = (kind for one in self.collections.values() for kind in one.gives)
        return tuple(dict.fromkeys(kinds))
