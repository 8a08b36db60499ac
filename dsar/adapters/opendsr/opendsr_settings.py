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
    """What the processor calls it: `email`, `controller_customer_id`."""
    format: Format = Format.RAW
    """How it is written; hashes are of its normal form, in hexadecimal."""


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
    """A processor that speaks OpenDSR 2.0, and how it is reached."""

    domain: str
    """The processor's domain, for which its answers must be signed."""
    identities: Mapping[str, IdentityKind]
    """Kind of identifier = what the processor calls it, or its type and format."""
    regulation: Regulation = Regulation.GDPR
    """The law each request names."""
    auth: Auth | None = None
    """Who we are to it; without it requests carry no credentials."""
    discovery_path: str = "/discovery"
    """Below `url`: what the processor says of itself."""
    requests_path: str = "/requests"
    """Below `url`: where requests go; older processors have `/opengdpr_requests`."""
    signing_ca_file: Path | None = None
    """The authority of the certificate it signs with, as PEM, where that is none this machine
    trusts."""
    certificate_hosts: tuple[str, ...] = ()
    """Hosts where its certificate may lie, beside its own host and `domain`."""
    results_hosts: tuple[str, ...] = ()
    """Hosts where results may lie, beside its own; they are fetched there without credentials."""
    hand_on: bool = False
    """The processor cannot be searched and holds whatever we gave it: erasures are handed on."""
    poll_seconds: float = 900.0
    """Seconds after which it is asked again how far it is."""

    @cached_property
    def credentials(self) -> "Credentials | None":
        """Shared by all adapters of these settings, so that a fetched token serves them all."""
        from dsar.adapters.http.auth import credentials

        return credentials(self, self.auth)
