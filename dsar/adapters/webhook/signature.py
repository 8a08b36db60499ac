"""Standard Webhooks: what a signature is made of, and how one is checked.

HMAC-SHA256 over `id.timestamp.body`, base64, behind `v1,`; several, for several secrets, are
separated by spaces (https://www.standardwebhooks.com, symmetric signatures). While a secret is
being replaced both are in the settings: we sign with each and take answers signed with either.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from dsar.sdk.desk import Untrusted

#: Seconds by which the sender's clock may differ from ours, and how long a message stays fresh.
TOLERANCE = 300
_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64


def secret(text: str) -> bytes:
    """The key in a secret such as `whsec_MfKQ…`; ValueError where it is none of 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("is not base64 after whsec_") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"is not {_SHORTEST} to {_LONGEST} bytes long")
    return key


def sign(keys: Sequence[bytes], name: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message."""
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(key, name, timestamp, body) for key in keys),
    }


def _signature(key: bytes, name: str, timestamp: int, body: bytes) -> str:
    signed = f"{name}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def check(
    keys: Sequence[bytes], name: str, headers: Mapping[str, str], body: bytes, *, now: float
) -> None:
    """Raises Untrusted unless the message of that name was signed with one of the keys just now.

    Every key is tried on every signature and each comparison takes the same time, so that how long
    it takes says nothing.
    """
    given = headers.get("webhook-id", "")
    text = headers.get("webhook-timestamp", "")
    if not hmac.compare_digest(given.encode(), name.encode()):
        raise Untrusted("The header webhook-id must name the message that asked.")
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        raise Untrusted("The header webhook-timestamp must hold seconds since 1970.")
    if abs(now - int(text)) > TOLERANCE:
        raise Untrusted(f"The message was signed more than {TOLERANCE} seconds ago, or ahead.")
    expected = [_signature(key, name, int(text), body) for key in keys]
    sent = headers.get("webhook-signature", "").split(" ")[:10]
    fits = [hmac.compare_digest(a.encode(), b.encode()) for a in sent for b in expected]
    if not any(fits):
        raise Untrusted("The header webhook-signature holds no signature of ours.")
