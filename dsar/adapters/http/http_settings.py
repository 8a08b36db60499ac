"""How an HTTP system is reached: the settings every adapter over HTTP has in common."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from httpx2 import URL, InvalidURL

from dsar.sdk import NeedsHuman, Problem

_PORTS = {"https": 443, "http": 80}

Origin = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """One HTTP system."""

    url: str
    """Where the system's addresses begin (https). No other scheme, host or port is asked, except
    where another setting names one."""
    allow_private: bool = False
    """It may stand at this machine or in a private network; link-local, multicast, reserved and
    metadata addresses are never reached."""
    plain_http: tuple[str, ...] = ()
    """Hosts, by name, that may be asked without TLS, at private addresses only."""
    ca_file: Path | None = None
    """The certificate authority of your own that signed its certificate, as PEM, trusted instead of
    this machine's."""
    proxy: str | None = field(default=None, repr=False)
    """URL of a proxy. It resolves the system's name, whose addresses are then not judged here; a
    proxy named in the environment is never used."""
    connect_seconds: float = 10.0
    """Seconds to connect."""
    read_seconds: float = 30.0
    """Seconds between two bytes."""
    total_seconds: float = 120.0
    """Seconds for a whole exchange."""
    largest_answer: int = 16 * 1024 * 1024
    """Bytes of the largest answer; a larger one is not read to its end."""

    @cached_property
    def parsed(self) -> URL:
        """The setting `url`; NeedsHuman where it is none."""
        try:
            return URL(self.url)
        except (InvalidURL, TypeError):
            raise NeedsHuman("The setting url is not a URL. Write it as https://HOST.") from None

    @property
    def host(self) -> str:
        return self.parsed.host

    @property
    def origin(self) -> Origin:
        """Scheme, host and port: all that is ever asked."""
        return origin(self.parsed)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Verifies always: against `ca_file`, else against the authorities of this machine."""
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ValueError):
            raise NeedsHuman(
                "The file named by the setting ca_file holds no certificate. Put it there as PEM."
            ) from None

    def elsewhere(self, url: str) -> "HttpSettings":
        """Another system, reached by the same rules and without this one's credentials."""
        shared = {name: getattr(self, name) for name in HttpSettings.__dataclass_fields__}
        return HttpSettings(**{**shared, "url": url})

    def problems(self) -> Iterator[Problem]:
        """What these settings contradict; nothing is asked for it."""
        try:
            url = self.parsed
        except NeedsHuman as failed:
            yield Problem("url", failed.reason, "")
            return
        if url.scheme not in _PORTS or not url.host:
            yield Problem("url", "does not begin with https://HOST.", "Write the whole address.")
        if url.userinfo or url.query or url.fragment:
            yield Problem(
                "url", "holds credentials, a query or a fragment.", "Use the settings for those."
            )
        if url.scheme == "http" and url.host not in self.plain_http:
            both = "" if self.allow_private or self.proxy else " and allow_private = true"
            own = f'plain_http = ["{url.host}"]{both}'
            mend = f"Use https, or for a system of your own network write {own}."
            yield Problem("url", "is without TLS.", mend)
        for name in ("connect_seconds", "read_seconds", "total_seconds", "largest_answer"):
            if getattr(self, name) <= 0:
                yield Problem(name, "is not above zero.", "Give it a size.")


def origin(url: URL) -> Origin:
    """Scheme, host and port of a URL."""
    return url.scheme, url.host.lower(), url.port or _PORTS.get(url.scheme, 0)
