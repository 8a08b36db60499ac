"""The declaration of a store of objects: where it is, and which keys are whose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from dsar.adapters.objects.templates import Template
from dsar.sdk.settings import BadInput, Words

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class KeyEncoding(StrEnum):
    """How an identifier is written in a key."""

    EXACT = "exact"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCollection:
    """One kind of object, by the template of its keys."""

    template: str
    """The key, counted from `path` or `url`, with `{kind}` where an identifier stands; a last `/*`
    is everything below."""
    title: Words = field(default_factory=dict)
    """What a person would call one of the objects."""
    meaning: Words = field(default_factory=dict)
    """Why they are there, in a sentence."""
    encode: KeyEncoding = KeyEncoding.EXACT
    """Identifiers stand in keys `"exact"` as they are, or `"percent"`-encoded (RFC 3986)."""

    @property
    def parsed(self) -> Template:
        return Template.of(self.template, percent=self.encode is KeyEncoding.PERCENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsSettings:
    """A folder on a disk (`path`), or a store that fsspec can reach (`url`)."""

    collections: Mapping[str, ObjectCollection]
    """The kinds of object it holds."""
    path: Path | None = None
    """A folder; a relative one counts from the folder of `sources.toml`."""
    url: str | None = None
    """A store: `s3://bucket/folder`, or another protocol of fsspec whose package is installed."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What fsspec needs to reach it; for S3 `key`, `secret`, `token`, `endpoint_url`, `region`."""
    versions: bool = False
    """In an S3 bucket that keeps older versions: give them too, and delete all of them."""
    page: int = 1000
    """How many objects make a page."""

    def __post_init__(self) -> None:
        if (self.path is None) == (self.url is None):
            raise BadInput("url", "or path is needed, not both.", "Give one of them.")
        if self.url is not None and (not urlsplit(self.url).scheme or "::" in self.url):
            raise BadInput("url", "is not an address fsspec knows.", "Write s3://bucket/folder.")
        if self.page < 1:
            raise BadInput("page", "is less than 1.", "Give the number of objects a page.")
        if self.versions and not (self.url or "").startswith("s3://"):
            raise BadInput("versions", "is for S3 buckets only.", "Leave it out.")
        self._refuse_open_way()
        for name, one in self.collections.items():
            if fault := one.parsed.fault():
                raise BadInput(f"collections.{name}.template", *fault)

    def _refuse_open_way(self) -> None:
        address = urlsplit(self.options.get("endpoint_url", ""))
        if address.scheme == "http" and address.hostname not in _LOOPBACK:
            raise BadInput(
                "options.endpoint_url", "is not encrypted.", "Write it as https://…; keys cross it."
            )

    @property
    def identifies_by(self) -> tuple[str, ...]:
        """The kinds of identifier that stand in any template."""
        kinds = [kind for one in self.collections.values() for kind in one.parsed.kinds]
        return tuple(dict.fromkeys(kinds))
