"""One HTTP system, asked safely: its own host only, at checked addresses, in time, under a cap.

    client = Client(settings, credentials)
    reply = client.request("GET", "/contacts", query=[("email", value)])

Raises `Later` (busy, unreachable, 429, 5xx) and `NeedsHuman` (401, 403, TLS, redirect elsewhere,
an answer beyond the cap), each without an address in it; every other answer is the caller's to
judge.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import httpcore2
from httpx2 import URL, InvalidURL

from dsar.adapters.http import failures
from dsar.adapters.http.http_settings import HttpSettings, origin
from dsar.adapters.http.network import Budget, CheckedNetwork
from dsar.adapters.http.replies import HttpAnswer
from dsar.sdk import NeedsHuman
from dsar.sdk.http import failure_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD = frozenset({307, 308})
_READING = frozenset({"GET", "HEAD"})
MOST_REDIRECTS = 3

#: At the level of debugging httpcore2 writes whole headers; addresses with identifiers among them.
logging.getLogger("httpcore2").setLevel(logging.INFO)

Pairs = Iterable[tuple[str, str]]


class Credentials(Protocol):
    """What proves who we are: headers, and whether they can be had afresh after a 401."""

    def headers(self) -> Mapping[str, str]:
        """The headers to send along."""

    def renew(self) -> bool:
        """Lets go of what was refused; False where asking again would send the same."""


class Client:
    """Asks one configured system. Used by one thread at a time; `close` lets its connections go."""

    def __init__(self, settings: HttpSettings, credentials: Credentials | None = None) -> None:
        self._settings = settings
        self._credentials = credentials
        self._budget = Budget()
        self._pool: httpcore2.ConnectionPool | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Pairs = (),
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        content: bytes | None = None,
    ) -> HttpAnswer:
        """One exchange. `path` begins with "/" and counts from the setting `url`, or is a whole URL
        of the same origin; what it is made of is percent-encoded already (`encoded`). `body` is
        sent as JSON, `content` as it is.
        """
        url = self._target(path, query)
        given = dict(headers or {})
        if body is not None:
            content = json.dumps(body, allow_nan=False).encode()
            given.setdefault("content-type", "application/json")
        self._budget.start(self._settings.total_seconds)
        reply = self._authorised(method, url, given, content)
        failure = failure_of(self._settings.host, reply.status, reply.headers)
        if failure:
            raise failure
        return reply

    def close(self) -> None:
        if self._pool:
            self._pool.close()
            self._pool = None

    def _authorised(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None
    ) -> HttpAnswer:
        """With our credentials; with fresh ones, once, where they can be renewed."""
        if self._credentials is None:
            return self._followed(method, url, headers, content)
        mine = self._credentials
        reply = self._followed(method, url, {**headers, **mine.headers()}, content)
        if reply.status == 401 and mine.renew():
            reply = self._followed(method, url, {**headers, **mine.headers()}, content)
        return reply

    def _followed(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None
    ) -> HttpAnswer:
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._exchange(method, url, headers, content)
            if reply.status not in _REDIRECTS:
                return reply
            if method not in _READING and reply.status not in _SAME_METHOD:
                raise NeedsHuman(
                    f"{self._settings.host} redirects a change ({reply.status}). Correct the path "
                    "in the declaration."
                )
            url = self._redirected(url, reply)
        raise NeedsHuman(
            f"{self._settings.host} redirects more than {MOST_REDIRECTS} times. Correct the path "
            "in the declaration."
        )

    def _redirected(self, url: URL, reply: HttpAnswer) -> URL:
        try:
            target = url.join(reply.headers.get("location", ""))
        except InvalidURL:
            target = URL("")
        return self._own(target, "redirects us to another host or scheme")

    def _target(self, path: str, query: Pairs) -> URL:
        problem = next(self._settings.problems(), None)
        if problem:
            raise NeedsHuman(str(problem))
        whole = self._settings.url.rstrip("/") + path if path.startswith("/") else path
        asked = urlencode(list(query), quote_via=quote)
        joint = "&" if "?" in whole else "?"
        try:
            url = URL(f"{whole}{joint}{asked}" if asked else whole)
        except InvalidURL:
            raise NeedsHuman(
                f"A request to {self._settings.host} would be no valid URL. Correct the path in "
                "the declaration."
            ) from None
        return self._own(url, "names an address on another host or scheme")

    def _own(self, url: URL, what: str) -> URL:
        if origin(url) != self._settings.origin or url.userinfo:
            raise NeedsHuman(
                f"{self._settings.host} {what}. Our credentials stay here: correct the setting url."
            )
        return url

    def _exchange(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None
    ) -> HttpAnswer:
        """One request and its answer, whole."""
        timeouts = {
            "connect": self._settings.connect_seconds,
            "read": self._settings.read_seconds,
            "write": self._settings.read_seconds,
            "pool": self._settings.connect_seconds,
        }
        try:
            with self._open().stream(
                method,
                _wire(url),
                headers=_header_lines(url, headers),
                content=content,
                extensions={"timeout": timeouts},
            ) as response:
                return self._read(response, str(url))
        except _NETWORK_FAILURES as error:
            raise failures.of_network(self._settings.host, error) from None

    def _read(self, response: httpcore2.Response, url: str) -> HttpAnswer:
        headers = _headers(response.headers)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise NeedsHuman(
                f"{self._settings.host} compresses its answers although we ask it not to. Have "
                "that turned off for this source."
            )
        body = bytearray()
        for block in response.iter_stream():
            body += block
            if len(body) > self._settings.largest_answer:
                raise NeedsHuman(
                    f"{self._settings.host} answered more than {self._settings.largest_answer:,} "
                    "bytes. Ask for smaller pages, or raise the setting largest_answer.",
                    code="too_large",
                )
        return HttpAnswer(self._settings.host, response.status, headers, bytes(body), url)

    def _open(self) -> httpcore2.ConnectionPool:
        if self._pool is None:
            settings = self._settings
            network = CheckedNetwork(settings, self._budget)
            tls = settings.tls if settings.parsed.scheme == "https" else None
            self._pool = (
                httpcore2.HTTPProxy(settings.proxy, ssl_context=tls, network_backend=network)
                if settings.proxy
                else httpcore2.ConnectionPool(
                    ssl_context=tls, keepalive_expiry=20, network_backend=network
                )
            )
        return self._pool


_NETWORK_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
)


def encoded(value: str) -> str:
    """A value as one segment of a path; NeedsHuman where no segment can carry it safely.

    An empty segment, "." and ".." would make another path of it: that of all records, perhaps.
    """
    if value in {"", ".", ".."}:
        raise NeedsHuman(
            "A key of this source cannot stand in a path (it is empty or dots only). Look there, "
            "and do it by hand."
        )
    return quote(value, safe="")


def _wire(url: URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _header_lines(url: URL, headers: Mapping[str, str]) -> Sequence[tuple[bytes, bytes]]:
    fixed = {"host": url.netloc.decode("ascii"), "user-agent": "dsar", "accept": "application/json"}
    lines = {**fixed, **{name.lower(): value for name, value in headers.items()}}
    lines["accept-encoding"] = "identity"
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in lines.items()]


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; a header that came several times is joined by commas (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
