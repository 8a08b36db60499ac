"""One request to a small HTTP system: its answer, or `Later` or `NeedsHuman` with a sentence.

    reply = fetch(settings.url, "members", token=settings.token, query={"email": email})
    rows = reply.json()

In time, under a cap, to the system's own host only. No address, header or text of an answer stands
in a failure: addresses hold identifiers, and headers credentials.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dsar.sdk import Later, NeedsHuman
from dsar.sdk.pace import pace_of

__all__ = ["Reply", "failure_of", "fetch", "retry_after"]

#: The longest a system's Retry-After keeps us from asking again, in seconds.
LONGEST_WAIT = 3600.0
#: The longest answer that is read, in bytes, unless the caller says otherwise.
LARGEST_ANSWER = 16 * 1024 * 1024
#: How long to wait, in seconds, where the system does not say.
_WAITS: Mapping[int, float] = {408: 30, 425: 30, 429: 60, 500: 60, 502: 30, 503: 60, 504: 60}
_BUSY = frozenset({429, 503})
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and body of an answer; `host` is for messages."""

    host: str
    status: int
    body: bytes = field(repr=False, default=b"")

    def json(self) -> Any:
        """The JSON value, NaN and infinities as text; NeedsHuman where it is none."""
        try:
            return json.loads(self.body, parse_constant=str)
        except (ValueError, RecursionError):
            raise NeedsHuman(
                f"{self.host} answers no JSON. Correct the address, or have it mended there."
            ) from None


def fetch(
    url: str,
    *path: str,
    method: str = "GET",
    query: Mapping[str, str | int] | None = None,
    body: Any = None,
    token: str = "",
    headers: Mapping[str, str] | None = None,
    also: Collection[int] = (),
    per_second: float = 0.0,
    seconds: float = 30.0,
    largest: int = LARGEST_ANSWER,
    proxy: str = "",
    plain_http: bool = False,
) -> Reply:
    """Asks `url` with the segments of `path` below it, each percent-encoded.

    `body` is sent as JSON, `token` as a bearer's. A 2xx is returned, and the statuses of `also`,
    which the caller judges: 404 is missing only where that is meant, 202 done only where promising
    is all the system ever does. Anything else is raised. `per_second` is the most requests a second
    the system takes: this process keeps to it, whatever task it asks for. `seconds` is how long it
    may be silent; the engine's `page_seconds` is for the whole. A redirect is followed to the same
    host, and where nothing is to be changed. A proxy of the environment is not used. Without TLS
    only this machine is asked, unless `plain_http` says that the network between is your own.
    """
    host = _host(url, plain_http=plain_http)
    request = _request(_address(url, path, query), method, body, _own(token, headers))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(dict.fromkeys(_PORTS, proxy) if proxy else {}), _SameHost()
    )
    pace_of(str(_origin(url)), per_second).wait()
    try:
        with _answer(opener, request, seconds) as answer:
            given = {name.lower(): value for name, value in answer.headers.items()}
            status, read = int(answer.status), bytes(answer.read(largest + 1))
            if len(read) <= largest and getattr(answer, "length", None):
                raise http.client.IncompleteRead(b"")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _of_network(host, error) from None
    _refuse(host, status, given, also)
    if len(read) > largest:
        raise NeedsHuman(f"{host} answers more than {largest:,} bytes. Ask for smaller pages.")
    return Reply(host, status, read)


def failure_of(host: str, status: int, headers: Mapping[str, str]) -> Later | NeedsHuman | None:
    """The failure any system means by this status; None where the caller must judge it.

    `headers` have their names in lower case.
    """
    if status == 401:
        return NeedsHuman(f"{host} refuses our credentials (401). Renew this source's credentials.")
    if status == 403:
        return NeedsHuman(
            f"{host} forbids this (403). Give this source's credentials the right to do it."
        )
    if status == 407:
        return NeedsHuman("The proxy refuses us (407). Correct the setting proxy.")
    if status in _WAITS or status >= 500:
        wait = retry_after(headers, _WAITS.get(status, 60.0))
        busy = "asks us to wait" if status in _BUSY else "failed for the moment"
        return Later(f"{host} {busy} ({status}).", wait)
    return None


def retry_after(headers: Mapping[str, str], usual: float) -> float:
    """Seconds to wait (RFC 9110, 10.2.3): a number, or a date against the system's own clock."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given), LONGEST_WAIT)
    then = _date(given)
    if then is None:
        return usual
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return min(max((then - now).total_seconds(), 1.0), LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _refuse(host: str, status: int, headers: Mapping[str, str], also: Collection[int]) -> None:
    if status in also or (200 <= status < 300 and status != 202):
        return
    failure = failure_of(host, status, headers)
    if failure:
        raise failure
    if status == 202:
        raise NeedsHuman(f"{host} only promised to do it (202). Try again once it has.")
    if 300 <= status < 400:
        raise NeedsHuman(f"{host} redirects us ({status}). Correct the address in the settings.")
    raise NeedsHuman(f"{host} refuses what we ask ({status}). Look there, or correct the settings.")


# --- what is sent ---------------------------------------------------------------------------------


def _host(url: str, *, plain_http: bool) -> str:
    """The host of the address; NeedsHuman where it may not be asked."""
    try:
        parts = urlsplit(url)
        host, known = parts.hostname or "", parts.scheme in _PORTS and parts.port != 0
    except ValueError:
        host, known = "", False
    if not (host and known) or parts.username or parts.query or parts.fragment:
        raise NeedsHuman("The address in the settings is none. Write it as https://HOST/PATH.")
    if parts.scheme == "http" and not (plain_http or _is_here(host)):
        raise NeedsHuman(f"{host} is to be asked without TLS. Write its address with https.")
    return host


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _own(token: str, headers: Mapping[str, str] | None) -> dict[str, str]:
    fixed = {"Accept": "application/json", "User-Agent": "dsar"}
    proof = {"Authorization": f"Bearer {token}"} if token else {}
    return {**fixed, **proof, **(headers or {})}


def _address(url: str, path: tuple[str, ...], query: Mapping[str, str | int] | None) -> str:
    """The whole address.

    An empty segment, "." and ".." would make another of it: that of all records, perhaps.
    """
    if not {"", ".", ".."}.isdisjoint(path):
        raise NeedsHuman("A key of this source cannot stand in an address. Do it by hand there.")
    whole = "/".join([url.rstrip("/"), *(quote(part, safe="") for part in path)])
    return f"{whole}?{urlencode(query)}" if query else whole


def _request(
    address: str, method: str, body: Any, headers: dict[str, str]
) -> urllib.request.Request:
    if body is None:
        return urllib.request.Request(address, None, headers, method=method)  # noqa: S310 - _host
    content = json.dumps(body, allow_nan=False).encode()
    given = {"Content-Type": "application/json", **headers}
    return urllib.request.Request(address, content, given, method=method)  # noqa: S310 - _host


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows to where we were sent ourselves: our credentials stay with whom they are for."""

    def redirect_request(  # noqa: PLR0917 - as urllib calls it
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.get_method() != "GET" or _origin(newurl) != _origin(req.full_url):
            return None  # then the redirect itself is the answer
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


# --- what comes back ------------------------------------------------------------------------------


def _answer(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, seconds: float
) -> Any:
    """The answer, whatever its status."""
    try:
        return opener.open(request, timeout=seconds)
    except urllib.error.HTTPError as error:
        return error


def _of_network(host: str, error: Exception) -> Later | NeedsHuman:
    """The failure of an exchange that brought no whole answer."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
        return Later(f"The name {host} cannot be resolved just now.")
    for kind, named, words in _FAILURES:
        if isinstance(cause, kind):
            return named(f"{host} {words}")
    return Later(f"{host} cannot be reached.")


_BROKE_OFF = "broke off in the middle, or does not speak HTTP."
_UNSENT = "cannot be asked like this. Correct the address and the headers in the settings."
#: The first that fits counts.
_FAILURES: tuple[tuple[type[BaseException], type[Later | NeedsHuman], str], ...] = (
    (ssl.SSLCertVerificationError, NeedsHuman, "shows a certificate we do not trust. Mend it."),
    (ssl.SSLError, NeedsHuman, "does not speak TLS as we do. Mend its TLS, or the address."),
    (socket.gaierror, NeedsHuman, "is a name nobody knows. Correct the address in the settings."),
    (TimeoutError, Later, "did not answer in time."),
    (http.client.InvalidURL, NeedsHuman, _UNSENT),
    (http.client.HTTPException, Later, _BROKE_OFF),
    (ConnectionRefusedError, Later, "cannot be reached."),
    (ConnectionError, Later, _BROKE_OFF),
    (ValueError, NeedsHuman, _UNSENT),
)
