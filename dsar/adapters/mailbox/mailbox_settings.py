"""The declaration of a mailbox: an IMAP account, or mbox files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dsar.sdk.settings import BadInput, Words

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    """How the way to the server is kept."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


PORTS: Mapping[Security, int] = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """One mailbox: `server` for IMAP, or `mbox` for files."""

    server: str | None = None
    """The IMAP server's name, which its certificate must carry."""
    port: int | None = None
    """Its port; 993 for TLS, 143 otherwise."""
    security: Security = Security.TLS
    """`"tls"`, `"starttls"`, or `"none"` for a server on this very machine."""
    ca: Path | None = None
    """A file of certificates to trust instead of the system's."""
    user: str = ""
    """Who signs in; a user who may read every folder that is searched."""
    password: str = field(default="", repr=False)
    """The password, by reference."""
    folders: tuple[str, ...] = ("*",)
    """The IMAP folders to search; `"*"` is all of them."""
    mbox: Path | None = None
    """An mbox file, or a folder whose files ending in .mbox are searched."""
    ours: tuple[str, ...] = ()
    """The organisation's own addresses (`help@example.com`) and domains (`@example.com`)."""
    title: Words = field(default_factory=dict)
    """What a person would call one of the messages."""
    meaning: Words = field(default_factory=dict)
    """Why they are there, in a sentence."""
    page: int = 100
    """How many messages make a page."""
    largest: int = 32
    """MiB of the largest message that is taken apart; a larger one is given whole, as a file."""
    timeout: float = 60.0
    """Seconds the server may keep us waiting."""

    def __post_init__(self) -> None:
        if (self.server is None) == (self.mbox is None):
            raise BadInput("server", "or mbox is needed, not both.", "Give one of them.")
        if self.server and not self.user:
            raise BadInput("user", "is missing.", "Name the user who signs in to the server.")
        if self.security is Security.NONE and self.server not in {*_LOOPBACK, None}:
            raise BadInput("security", "is none for another machine.", 'Write "tls" or "starttls".')
        for name in ("page", "largest", "timeout"):
            if getattr(self, name) <= 0:
                raise BadInput(name, "is not more than 0.", "Leave it out, or give a larger one.")

    @property
    def largest_bytes(self) -> int:
        return self.largest * 1024 * 1024
