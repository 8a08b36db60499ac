"""The declaration of a processor that speaks OpenDSR: whom it is, what it knows people by."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dsar.adapters.http import Auth, HttpSettings

if TYPE_CHECKING:
    from dsar.adapters.http import Credentials


class Format(StrEnum):
    """How an identity is written (OpenDSR 5.2); hashes are of its normal form, in hexadecimal."""

    RAW = "raw"
    SHA1 = "sha1"
    MD5 = "md5"
    SHA256 = "sha256"


class Regulation(StrEnum):
    """The regulations OpenDSR names (7.1.1)."""

    GDPR = "gdpr"
    CCPA = "ccpa"


#: MD5 and SHA-1 are what some processors know people by; nothing is secured with them here.
_WRITTEN: Mapping[Format, Callable[[str], str]] = {
    Format.RAW: lambda value: value,
    Format.SHA1: lambda v: hashlib.sha1(v.encode(), usedforsecurity=False).hexdigest(),
    Format.MD5: lambda v: hashlib.md5(v.encode(), usedforsecurity=False).hexdigest(),
    Format.SHA256: lambda v: hashlib.sha256(v.encode()).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class IdentityKind:
    """What the processor calls a kind of identifier, and how it wants it written."""

    SHORT = "type"

    type: str
    format: Format = Format.RAW


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """One identity as OpenDSR writes it (5.3)."""

    type: str
    format: Format
    value: str = field(repr=False)

    @classmethod
    def of(cls, kind: IdentityKind, value: str) -> "Identity":
        return cls(kind.type, kind.format, _WRITTEN[kind.format](value))

    @classmethod
    def of_key(cls, key: str) -> "Identity | None":
        """The identity a record's key stands for; None where it is no such key."""
        kind, _, rest = key.partition(":")
        form, colon, value = rest.partition(":")
        if not (kind and colon and value and form in set(Format)):
            return None
        return cls(kind, Format(form), value)

    @property
    def key(self) -> str:
        return f"{self.type}:{self.format}:{self.value}"

    @property
    def digest(self) -> str:
        """Names the identity in a checkpoint without telling it."""
        return hashlib.sha256(self.key.encode("utf-8", "replace")).hexdigest()[:32]

    def json(self) -> dict[str, str]:
        return {
            "identity_type": self.type,
            "identity_value": self.value,
            "identity_format": self.format.value,
        }


@dataclass(frozen=True, kw_only=True)
class OpenDsrSettings(HttpSettings):
    """A processor that speaks OpenDSR 2.0, and how it is reached (`HttpSettings`).

    `domain` is the processor's, for which its answers must be signed. `identities` maps a kind of
    identifier to what the processor calls it, and how it wants it written. Its certificate may lie
    at `certificate_hosts` beside its own host, results at `results_hosts`; `signing_ca_file` is the
    authority of its certificate, where that is none this machine trusts. `hand_on` says that it
    holds whatever we gave it and cannot be searched: erasures are handed on without. Every
    `poll_seconds` it is asked how far it is.
    """

    domain: str
    identities: Mapping[str, IdentityKind]
    regulation: Regulation = Regulation.GDPR
    auth: Auth | None = None
    discovery_path: str = "/discovery"
    requests_path: str = "/requests"
    signing_ca_file: Path | None = None
    certificate_hosts: tuple[str, ...] = ()
    results_hosts: tuple[str, ...] = ()
    hand_on: bool = False
    poll_seconds: float = 900.0

    @cached_property
    def credentials(self) -> "Credentials | None":
        """Shared by all adapters of these settings, so that a fetched token serves them all."""
        from dsar.adapters.http.auth import credentials

        return credentials(self, self.auth)
