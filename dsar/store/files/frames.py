"""A bundle at rest: AES-256-GCM in frames of one mebibyte, each bound to its bundle and its place.

A frame can be read alone, so a download can resume; no frame can be moved, repeated, dropped or cut
off unseen. Each bundle has a key of its own: destroying it destroys the bundle (crypto-shredding).
A file key is derived from it with a random salt, so sealing twice with one key repeats no nonce.

Layout: 8 bytes magic, 16 bytes salt, then frames of 1 MiB ciphertext plus 16 bytes tag; the last
one may be shorter. Nonce: the frame's number; associated data: bundle, number, whether it is last.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dsar.domain.errors import DsarError

FRAME = 1 << 20
_MAGIC = b"DSARFRM1"
_SALT, _TAG = 16, 16
_HEAD = len(_MAGIC) + _SALT


class CannotOpen(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """The sealed bundle cannot be opened: its key is gone or wrong, or its bytes were changed."""


@dataclass(frozen=True, slots=True)
class FrameSeal:
    """What a bundle is sealed with: its own key of 32 bytes, and the name it is bound to."""

    key: bytes
    bundle: str

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise CannotOpen(f"bundle {self.bundle}: its key is gone or has the wrong length.")

    def sealing(self, out: IO[bytes]) -> "SealingWriter":
        """Seals into `out` what is written to the answer; nothing is whole before its `finish`."""
        return SealingWriter(out, self)

    def cipher(self, salt: bytes) -> AESGCM:
        """The cipher of one file; no other file sealed with this key has the same."""
        derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"dsar bundle frames 1")
        return AESGCM(derived.derive(self.key))

    def data(self, number: int, *, last: bool) -> bytes:
        """What a frame is bound to."""
        return b"%s\0%d\0%d" % (self.bundle.encode(), number, last)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


class SealingWriter:
    """Seals what is written to it; `finish` writes the last frame."""

    def __init__(self, out: IO[bytes], seal: FrameSeal) -> None:
        self._out = out
        self._seal = seal
        salt = os.urandom(_SALT)
        self._cipher = seal.cipher(salt)
        self._waiting = bytearray()
        self._number = 0
        out.write(_MAGIC + salt)

    def write(self, data: bytes) -> None:
        """Appends plain bytes."""
        self._waiting += data
        # The last frame is known only at the end, so one frame always waits.
        while len(self._waiting) > FRAME:
            self._frame(bytes(self._waiting[:FRAME]), last=False)
            del self._waiting[:FRAME]

    def finish(self) -> None:
        self._frame(bytes(self._waiting), last=True)

    def _frame(self, plain: bytes, *, last: bool) -> None:
        data = self._seal.data(self._number, last=last)
        self._out.write(self._cipher.encrypt(_nonce(self._number), plain, data))
        self._number += 1


class SealedReader:
    """A sealed bundle in a seekable file, read from any place; `size` is that of the plain ZIP."""

    def __init__(self, file: IO[bytes], seal: FrameSeal) -> None:
        self._file = file
        self._seal = seal
        head = file.read(_HEAD)
        if len(head) != _HEAD or not head.startswith(_MAGIC):
            raise CannotOpen(f"bundle {seal.bundle}: this is not a sealed bundle.")
        self._cipher = seal.cipher(head[len(_MAGIC) :])
        body = file.seek(0, os.SEEK_END) - _HEAD
        self._frames = max(1, -(-body // (FRAME + _TAG)))
        self.size = body - self._frames * _TAG

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The plain bytes from `start` up to but not including `stop`, frame by frame.

        Raises CannotOpen before the first byte of a frame that is not as it was sealed.
        """
        end = self.size if stop is None else min(stop, self.size)
        # Even an empty range opens a frame: a wrong key is told at once.
        number = min(start // FRAME, self._frames - 1)
        while True:
            plain = self._frame(number)
            first = number * FRAME
            yield plain[max(0, start - first) : max(0, end - first)]
            number += 1
            if number * FRAME >= end or number >= self._frames:
                return

    def stream(self) -> IO[bytes]:
        """The plain bytes as a file to be read from any place, a frame in memory at a time."""
        return io.BufferedReader(_Plain(self), FRAME)

    def _frame(self, number: int) -> bytes:
        self._file.seek(_HEAD + number * (FRAME + _TAG))
        sealed = self._file.read(FRAME + _TAG)
        data = self._seal.data(number, last=number == self._frames - 1)
        try:
            return self._cipher.decrypt(_nonce(number), sealed, data)
        except (InvalidTag, ValueError):
            raise CannotOpen(
                f"bundle {self._seal.bundle}: it was sealed with another key or has been changed. "
                "Nothing is delivered; build it again."
            ) from None


class _Plain(io.RawIOBase):
    """The plain bytes of a sealed bundle, for whoever wants a file."""

    def __init__(self, sealed: SealedReader) -> None:
        self._sealed = sealed
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._sealed.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, into: Any, /) -> int:
        wanted = min(len(into), FRAME)
        found = b"".join(self._sealed.read(self._at, self._at + wanted))
        into[: len(found)] = found
        self._at += len(found)
        return len(found)
