"""AES-256-GCM around keys and values: what every provider of keys can do, and how it refuses."""

import hashlib
import hmac
import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dsar.domain.errors import DsarError

_NONCE = 12


class KeyLost(DsarError):  # noqa: N818
    """The key that would open this is gone or another one: nothing can be read or delivered."""


class KeyProvider(Protocol):
    """Where the master key lives: a file here, a key service elsewhere."""

    @property
    def id(self) -> str:
        """The key's id, 16 hex digits; raises BadInput or KeyLost where there is no usable key."""
        ...

    def wrap(self, key: bytes, context: str) -> bytes:
        """`key` sealed under the master key, bound to `context`."""
        ...

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key that `wrap` sealed for the same context; raises KeyLost otherwise."""
        ...


def key_id(key: bytes) -> str:
    """What a key is called: 16 hex digits that tell nothing of it."""
    return hmac.new(key, b"dsar key id", hashlib.sha256).hexdigest()[:16]


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Bytes sealed under a key and bound to `context`, the nonce before them."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def unseal(key: bytes, sealed: bytes, context: str) -> bytes:
    """What `seal` sealed under the same key for the same context; raises KeyLost otherwise."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
    except (InvalidTag, ValueError):
        message = "The key does not open what was sealed; restore the right key file."
        raise KeyLost(message) from None
