"""What a system's refusal means to us: `Later`, `NeedsHuman`, or an answer for the caller to judge.

No address, header or text of the answer is passed on: addresses hold identifiers.
"""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore2

from dsar.sdk import Later, NeedsHuman

#: The longest a system's Retry-After keeps us from asking again, in seconds.
LONGEST_WAIT = 3600.0

#: How long to wait, in seconds, where the system does not say.
_WAITS: Mapping[int, float] = {408: 30, 425: 30, 429: 60, 500: 60, 502: 30, 503: 60, 504: 60}
_BUSY = frozenset({429, 503})


def of_status(host: str, status: int, headers: Mapping[str, str]) -> Later | NeedsHuman | None:
    """The failure an answer's status means; None where the caller must judge it."""
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


def of_network(host: str, error: Exception) -> Later | NeedsHuman:
    """The failure of an exchange that brought no whole answer."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NeedsHuman(
            f"{host} shows a certificate we do not trust (error {cause.verify_code}). Mend the "
            "certificate, or name your own authority in the setting ca_file."
        )
    if isinstance(cause, ssl.SSLError):
        return NeedsHuman(f"{host} does not speak TLS as we do. Mend its TLS, or the setting url.")
    if isinstance(error, httpcore2.ProxyError):
        return NeedsHuman("The proxy does not let us through. Correct the setting proxy.")
    if isinstance(error, httpcore2.LocalProtocolError):
        return NeedsHuman("A header of this source's settings cannot be sent. Correct the headers.")
    return next(
        (
            Later(words.format(host=host), wait)
            for kind, words, wait in _NETWORK
            if isinstance(error, kind)
        ),
        Later(f"{host} broke off in the middle.", 10),
    )


_NETWORK: tuple[tuple[type[Exception], str, float], ...] = (
    (httpcore2.ConnectTimeout, "{host} cannot be reached: no connection in time.", 60),
    (httpcore2.TimeoutException, "{host} did not answer in time.", 60),
    (httpcore2.ConnectError, "{host} cannot be reached.", 60),
    (httpcore2.RemoteProtocolError, "{host} broke off in the middle, or does not speak HTTP.", 10),
)
