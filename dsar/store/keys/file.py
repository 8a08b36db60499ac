"""The master key in a file that only its owner can read."""

import base64
import os
import secrets
from functools import cached_property
from pathlib import Path

from dsar.domain.errors import BadInput
from dsar.store.keys.wrapping import key_id, seal, unseal

_FIELD = "storage key"
_RESTORE = "Restore it from your copy."
#: Fewer different bytes than this has no key that was drawn at random (a chance of 10^-30).
_FEWEST = 12


class KeyMissing(BadInput):
    """There is no key file."""

    def __init__(self, path: Path, *, mend: str = _RESTORE) -> None:
        super().__init__(_FIELD, f"is not there ({path}).", mend)
        self.path = path


class FileKey:
    """A 256-bit key in base64, read when it is first needed; never made unless somebody says so."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def raw(self) -> bytes:
        """The key itself; raises BadInput for a file that is missing, open to others or no key."""
        return _read(self.path)

    @property
    def id(self) -> str:
        return key_id(self.raw)

    def wrap(self, key: bytes, context: str) -> bytes:
        return seal(self.raw, key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        return unseal(self.raw, wrapped, context)

    def make(self) -> None:
        """Draws a key and writes it down; a file that is there already is kept and read."""
        self.__dict__.pop("raw", None)
        _make(self.path)


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        raise KeyMissing(path) from None
    except OSError as error:
        raise BadInput(_FIELD, f"cannot be read: {error.strerror}.", f"See {path}.") from None
    if mode & 0o077:
        raise BadInput(_FIELD, "can be read by others.", f"Run: chmod 600 {path}")
    return _decoded(text)


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadInput(_FIELD, "is not 32 bytes in base64.", _RESTORE)
    if len(set(key)) < _FEWEST or key.isascii():
        raise BadInput(_FIELD, "is a placeholder and no key.", _RESTORE)
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        _read(path)
    finally:
        temporary.unlink()
