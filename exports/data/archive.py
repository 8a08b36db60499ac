"""Writes a plain deflate ZIP forwards, in bounded memory, the same bytes for the same members.

Each member is first a `Spool`: counted, hashed and deflated as it is written, into memory while it
is small, then into a nameless file that vanishes with the process. Its sizes are known when it
enters the archive, so the archive needs no seeking and no data descriptors, and any program opens
it. ZIP64 where a size asks for it.
Format: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.
"""

import hashlib
import re
import struct
import tempfile
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

_BLOCK = 1 << 16
#: A member of so many bytes, as packed, never touches the disk before the archive does.
_IN_MEMORY = 1 << 16
#: Sizes and offsets from here on, and so many members, are written the ZIP64 way.
ZIP64_SIZE, ZIP64_COUNT = 0xFFFFFFFF, 0xFFFF
_FULL_32, _FULL_16 = 0xFFFFFFFF, 0xFFFF
_STORED, _DEFLATED = 0, 8
_UNIX = 3
_MODE = 0o100644 << 16
_WINDOWS_NAMES = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in range(10)}
)


class Sink(Protocol):
    """Where the archive goes: anything that takes bytes in order."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle, as the manifest lists it; `bytes` and `sha256` are of its content."""

    name: str
    bytes: int
    sha256: str
    media_type: str
    records: int | None = None


@dataclass(frozen=True, slots=True)
class PackedForm:
    """How a member's bytes stand in an archive: CRC-32 of the content, packed size and method."""

    crc: int
    bytes: int
    method: int


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    crc: int
    packed: int
    size: int
    offset: int
    method: int = _DEFLATED


class Spool:
    """One member while it is written; `folder` must be on the disk the bundle goes to.

    `stored` is for what deflate would not make smaller.
    """

    def __init__(self, folder: Path, *, level: int = 6, stored: bool = False) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115 - close() does
        self.method = _STORED if stored else _DEFLATED
        self._deflate = None if stored else zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._hash = hashlib.sha256()
        self._waiting = bytearray()
        self.crc = 0
        self.size = 0
        self.packed = 0

    def write(self, data: bytes) -> None:
        """Appends to the member."""
        self._waiting += data
        if len(self._waiting) >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        block, self._waiting = self._waiting, bytearray()
        self._measure(block)
        self._store(self._deflate.compress(block) if self._deflate else block)

    def _measure(self, content: bytes | bytearray) -> None:
        self.size += len(content)
        self.crc = zlib.crc32(content, self.crc)
        self._hash.update(content)

    def _store(self, data: bytes | bytearray) -> None:
        self.packed += len(data)
        self._file.write(data)

    def pause(self) -> None:
        """Makes room for what is deflated elsewhere: what follows refers to nothing before it."""
        self._flush()
        if self._deflate:
            self._store(self._deflate.flush(zlib.Z_FULL_FLUSH))

    def take(self, content: bytes | bytearray, deflated: bytes) -> None:
        """Appends content, after a `pause`, as another deflated it; see `Shared`."""
        self._measure(content)
        self._store(deflated if self._deflate else content)

    def finish(self) -> str:
        """Ends the member; returns the SHA-256 of its content in hex."""
        self._flush()
        if self._deflate:
            self._store(self._deflate.flush())
        self._file.seek(0)
        return self._hash.hexdigest()

    def blocks(self) -> Iterator[bytes]:
        """The bytes as they go into the archive, in order."""
        while block := self._file.read(_BLOCK):
            yield block

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class SharedDeflate:
    """What stands in several members: deflated once, written to each; they may differ around it.

    It is a row of deflate blocks of its own between theirs, which begins and ends on a whole byte
    and to which no other refers (RFC 1951, section 3.2.3). Until `finish`, nothing else is written
    to `spools`.
    """

    def __init__(self, *spools: Spool, level: int = 6) -> None:
        self._spools = spools
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._waiting = bytearray()
        for spool in spools:
            spool.pause()

    def write(self, data: bytes) -> None:
        """Appends to all members."""
        self._waiting += data
        if len(self._waiting) >= _BLOCK:
            block, self._waiting = self._waiting, bytearray()
            self._give(block, self._deflate.compress(block))

    def finish(self) -> None:
        """Ends what they share."""
        rest = self._deflate.compress(self._waiting) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        self._give(self._waiting, rest)

    def _give(self, content: bytes | bytearray, deflated: bytes) -> None:
        for spool in self._spools:
            spool.take(content, deflated)


class Archive:
    """A ZIP being written to `sink`. Every member carries `moment` as its time, in UTC."""

    def __init__(self, sink: Sink, folder: Path, *, moment: datetime) -> None:
        self.members: list[Member] = []
        self._sink = sink
        self._folder = folder
        self._stamp = _dos_time(moment)
        self._entries: list[_Entry] = []
        self._position = 0
        self._open: set[Spool] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Closes what was begun and not added: the build failed."""
        for spool in self._open:
            spool.close()

    def spool(self, *, level: int = 6, stored: bool = False) -> Spool:
        """A new member to write to; give it to `add` when it is complete."""
        spool = Spool(self._folder, level=level, stored=stored)
        self._open.add(spool)
        return spool

    def put(self, name: str, content: bytes, media_type: str) -> Member:
        """Adds a member whose content is at hand."""
        spool = self.spool()
        spool.write(content)
        return self.add(name, spool, media_type)

    def add(
        self, name: str, spool: Spool, media_type: str, *, records: int | None = None
    ) -> Member:
        """Appends a complete member and closes its spool."""
        with spool:
            sha256 = spool.finish()
            member = Member(name, spool.size, sha256, media_type, records)
            packed = PackedForm(spool.crc, spool.packed, spool.method)
            self.copy(member, packed, spool.blocks())
        self._open.discard(spool)
        return member

    def copy(self, member: Member, packed: PackedForm, blocks: Iterable[bytes]) -> None:
        """Appends a member whose bytes are packed already, as another archive held it."""
        entry = _Entry(
            member.name.encode("ascii"),
            packed.crc,
            packed.bytes,
            member.bytes,
            self._position,
            packed.method,
        )
        self._write(_local_header(entry, self._stamp))
        for block in blocks:
            self._write(block)
        self._entries.append(entry)
        self.members.append(member)

    def finish(self) -> None:
        """Writes the directory, sorted by name; the archive is complete after it."""
        start = self._position
        for entry in sorted(self._entries, key=lambda entry: entry.name):
            self._write(_directory_entry(entry, self._stamp))
        self._write(_end(len(self._entries), start, self._position - start))

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self._position += len(data)


def _dos_time(moment: datetime) -> int:
    """Date and time as MS-DOS wrote them: from 1980 on, to two seconds."""
    utc = moment.astimezone(UTC)
    days = (max(utc.year, 1980) - 1980) << 9 | utc.month << 5 | utc.day
    return days << 16 | utc.hour << 11 | utc.minute << 5 | utc.second // 2


def _wide(*values: int) -> bytes:
    """The ZIP64 extra field with those of the values that do not fit in 32 bits."""
    big = [value for value in values if value >= ZIP64_SIZE]
    if not big:
        return b""
    return struct.pack(f"<HH{len(big)}Q", 1, 8 * len(big), *big)


def _narrow(value: int) -> int:
    return value if value < ZIP64_SIZE else _FULL_32


def _local_header(entry: _Entry, stamp: int) -> bytes:
    big = entry.size >= ZIP64_SIZE or entry.packed >= ZIP64_SIZE
    # In a local header both sizes must stand in the extra field if either does (APPNOTE 4.5.3).
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.packed) if big else b""
    sizes = (_FULL_32, _FULL_32) if big else (entry.packed, entry.size)
    return (
        struct.pack(
            "<IHHHIIIIHH",
            0x04034B50,
            45 if big else 20,
            0,
            entry.method,
            stamp,
            entry.crc,
            *sizes,
            len(entry.name),
            len(extra),
        )
        + entry.name
        + extra
    )


def _directory_entry(entry: _Entry, stamp: int) -> bytes:
    extra = _wide(entry.size, entry.packed, entry.offset)
    need = 45 if extra else 20
    return (
        struct.pack(
            "<IBBHHHIIIIHHHHHII",
            0x02014B50,
            need,
            _UNIX,
            need,
            0,
            entry.method,
            stamp,
            entry.crc,
            _narrow(entry.packed),
            _narrow(entry.size),
            len(entry.name),
            len(extra),
            0,
            0,
            0,
            _MODE,
            _narrow(entry.offset),
        )
        + entry.name
        + extra
    )


def _end(count: int, start: int, size: int) -> bytes:
    wide = b""
    if count >= ZIP64_COUNT or start >= ZIP64_SIZE or size >= ZIP64_SIZE:
        wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, start)
        wide += struct.pack("<IIQI", 0x07064B50, 0, start + size, 1)
    number = count if count < ZIP64_COUNT else _FULL_16
    end = struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, number, number, _narrow(size), _narrow(start), 0
    )
    return wide + end


class Names:
    """Hands out member names made of our own slugs; two equal ones get a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, *parts: str) -> str:
        """A path of slugs that no earlier one equals, whatever the case."""
        stem = "/".join(slug(part) for part in parts)
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name)
        return name


def slug(text: str) -> str:
    """A file name that is safe on every system: [a-z0-9._-], at most 80, no reserved name."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-")[:80].strip("-") or "x"
    return f"{name}-x" if name in _WINDOWS_NAMES else name
