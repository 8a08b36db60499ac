"""Keys and seals: nothing personal lies in the database in clear.

Each request has its own data key (AES-256-GCM), wrapped by the key-encryption key; destroying the
wrapped key forgets everything under it, in backups too. Identifiers are found by a keyed hash.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import zlib
from pathlib import Path
from typing import Any, Protocol

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dsar.domain.errors import BadInput, DsarError

_NONCE = 12


class KeyLost(DsarError):  # noqa: N818
    """The key that would open this is gone or another one: nothing can be read or delivered."""


class KeyProvider(Protocol):
    """Where the key-encryption key lives: a file here, a key service elsewhere."""

    def wrap(self, key: bytes, context: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: str) -> bytes: ...

    def derive(self, purpose: str) -> bytes: ...


class FileKey:
    """A 256-bit key in a file only its owner can read; made on first use."""

    def __init__(self, path: Path) -> None:
        self._key = _read(path) if path.exists() else _make(path)

    def wrap(self, key: bytes, context: str) -> bytes:
        """`key` sealed under the key-encryption key, bound to `context`."""
        return _seal(self._key, key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The key that `wrap` sealed for the same context; raises KeyLost otherwise."""
        return _open(self._key, wrapped, context)

    def derive(self, purpose: str) -> bytes:
        """A key of its own for one purpose, by HKDF-SHA-256."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(
            self._key
        )


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise BadInput("storage key", "can be read by others.", f"Run: chmod 600 {path.name}")
    try:
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadInput("storage key", "is not 32 bytes in base64.", "Restore it from your backup.")
    return key


def _make(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(32)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return _read(path)
    finally:
        temporary.unlink()
    return key


def _seal(key: bytes, plain: bytes, context: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def _open(key: bytes, sealed: bytes, context: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
    except InvalidTag:
        message = "The key does not open what was sealed; restore the right key file."
        raise KeyLost(message) from None


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
    """Seals values under a request's data key and hashes identifiers under the house's own."""

    def __init__(self, keys: KeyProvider) -> None:
        self._keys = keys
        self._blind = keys.derive("identifier search")

    def new_key(self, request: str) -> bytes:
        """A fresh data key, wrapped for storage with its request."""
        return self._keys.wrap(secrets.token_bytes(32), f"request {request}")

    def open_key(self, request: str, wrapped: bytes | None) -> "Seal":
        """The seal of one request; raises KeyLost where its key was destroyed."""
        if wrapped is None:
            message = "This request was forgotten: its data key was destroyed."
            raise KeyLost(message)
        return Seal(self._keys.unwrap(wrapped, f"request {request}"))

    def blind(self, kind: str, value: str) -> str:
        """The keyed hash by which an identifier in normal form is found, as 64 hex digits."""
        return hmac.new(self._blind, f"{kind}={value}".encode(), hashlib.sha256).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose of the house, such as signing bundles."""
        return self._keys.derive(purpose)


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
        return _seal(self._key, zlib.compress(plain, 1), place)

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """What `close_bytes` sealed for the same place; raises KeyLost otherwise."""
        return zlib.decompress(_open(self._key, sealed, place))
