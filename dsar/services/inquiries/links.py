"""The address on which one inquiry is answered: known by its hash, worked out anew when needed."""

import base64
import hashlib
import hmac

from dsar.domain.errors import BadInput
from dsar.services.runtime.installation import Installation

#: Where the pages for answers live; everything below is open to whoever has a link.
PATH = "/answer/"


def token(installation: Installation, inquiry: str) -> str:
    """The secret of one inquiry: 256 bits that only the house's key leads to.

    Nobody who reads the database can work it out, and it need not be kept to be shown again.
    """
    key = installation.vault.derive("answer links")
    return base64.urlsafe_b64encode(_mac(key, inquiry)).decode().rstrip("=")


def _mac(key: bytes, inquiry: str) -> bytes:
    return hmac.new(key, inquiry.encode(), hashlib.sha256).digest()


def mark(secret: str) -> str:
    """The hash by which a link is found."""
    return hashlib.sha256(secret.encode()).hexdigest()


def address(installation: Installation, inquiry: str) -> str:
    """The whole address; from configuration only, never from what a request says of its host."""
    if not installation.settings.public_url:
        mend = "Give the address people reach this at, such as https://privacy.example.org."
        raise BadInput("public_url", "is missing in dsar.toml, and a source answers later.", mend)
    return f"{installation.settings.public_url.rstrip('/')}{PATH}{token(installation, inquiry)}"
