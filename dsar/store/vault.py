"""Keys and seals: nothing personal lies in the database in clear.

Each request has its own data key (AES-256-GCM), wrapped by the master key; destroying the wrapped
key forgets everything under it in this database. A backup of the database from before still has it,
and opens with the master key. Identifiers are found by a keyed hash.
"""

import hashlib
import hmac
import json
import secrets
import zlib
from functools import cached_property
from typing import Any

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dsar.domain.errors import DsarError
from dsar.store.keys.wrapping import KeyLost, KeyProvider, seal, unseal

__all__ = ["KeyLost", "KeyNotCompared", "Seal", "Vault"]


class KeyNotCompared(DsarError):  # noqa: N818
    """The key was not compared with the database yet: nothing is sealed, found or opened."""

    def __init__(self) -> None:
        super().__init__("The storage key was not compared with this database yet.")


def _dump(value: Any) -> bytes:
    """Compact JSON; text that is no valid Unicode (lone surrogates) survives as an escape."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def _load(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


class Vault:
    """Seals values under a request's data key and hashes identifiers under the house's own.

    What is derived (hashes, signatures) comes from the root secret of the database, which lies in
    it wrapped under the master key: so a master key can be exchanged, and a wrong one is noticed.
    Until the root secret was opened the vault is locked.
    """

    def __init__(self, keys: KeyProvider) -> None:
        self.keys = keys
        self._root: bytes | None = None

    def unlock(self, root: bytes) -> None:
        """Everything is derived from this secret from now on."""
        self._root = root
        for name in ("_blind", "journal"):
            self.__dict__.pop(name, None)

    @property
    def locked(self) -> bool:
        return self._root is None

    @cached_property
    def _blind(self) -> bytes:
        return self.derive("identifier search")

    @cached_property
    def journal(self) -> bytes:
        """The key of the journal's entries and of the chain over them."""
        return self.derive("journal")

    def new_key(self, request: str) -> bytes:
        """A fresh data key, wrapped for storage with its request."""
        self._refuse_locked()
        return self.keys.wrap(secrets.token_bytes(32), f"request {request}")

    def open_key(self, request: str, wrapped: bytes | None) -> "Seal":
        """The seal of one request; raises KeyLost where its key was destroyed."""
        self._refuse_locked()
        if wrapped is None:
            message = "This request was forgotten: its data key was destroyed."
            raise KeyLost(message)
        return Seal(self.keys.unwrap(wrapped, f"request {request}"))

    def blind(self, kind: str, value: str) -> str:
        """The keyed hash by which an identifier in normal form is found, as 64 hex digits."""
        return hmac.new(self._blind, f"{kind}={value}".encode(), hashlib.sha256).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose of the house, such as signing bundles, by HKDF-SHA-256."""
        root = self._refuse_locked()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(root)

    def _refuse_locked(self) -> bytes:
        if self._root is None:
            raise KeyNotCompared
        return self._root


class Seal:
    """Seals and opens values of one request; `place` binds each to where it stands."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def close(self, value: Any, place: str) -> bytes:
        """`value` as compact JSON, deflated and sealed."""
        return self.close_bytes(_dump(value), place)

    def open(self, sealed: bytes, place: str) -> Any:
        """What `close` sealed for the same place; raises KeyLost otherwise."""
        return _load(self.open_bytes(sealed, place))

    def close_bytes(self, plain: bytes, place: str) -> bytes:
        """Bytes, deflated and sealed."""
        return seal(self._key, zlib.compress(plain, 1), place)

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """What `close_bytes` sealed for the same place; raises KeyLost otherwise."""
        return zlib.decompress(unseal(self._key, sealed, place))
