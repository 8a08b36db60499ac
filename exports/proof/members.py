"""The files of a bundle, in a ZIP or a folder, read within bounds: nothing is followed, nothing is
opened that is no plain file, and nothing is read that unpacks to more than it should.
"""

import contextlib
import hashlib
import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Protocol, cast

_LEFT_BY_SYSTEMS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_BLOCK = 1 << 20
#: Bytes of a manifest, a schema or the sums; and objects and arrays in one of them.
_SMALL, _MOST_PARTS = 1 << 25, 500_000
#: Bytes of one record in a data file, and objects and arrays in it.
_LONGEST_LINE = 1 << 25
#: A ZIP of JSON and PDF unpacks to some ten times its size; zeros to a thousand times.
_MOST_UNPACKED, _FREE = 200, 1 << 28


class Broken(Exception):  # noqa: N818 - a sentence, not a fault of ours
    """The bundle cannot be read any further; the text says why."""


class Members(Protocol):
    """What a bundle is made of."""

    def names(self) -> list[str]:
        """The path of every file, as often as it is there."""
        ...

    def size(self, name: str) -> int:
        """How many bytes a file says it has."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one file."""
        ...

    def faults(self) -> Iterator[tuple[str, str]]:
        """What is wrong with files as such: the path, what it is."""
        ...


_LOCAL = struct.Struct("<IHHHIIIIHH")


class ZipMembers:
    """The members of one ZIP archive; raises Broken where it would unpack to far too much."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = zipfile.ZipFile(path)
        unpacked = sum(info.file_size for info in self._zip.infolist())
        if unpacked > path.stat().st_size * _MOST_UNPACKED + _FREE:
            message = (
                f"This would unpack to {unpacked:,} bytes, far more than a bundle of its size."
                " Where you trust it, unpack it yourself and check the folder."
            )
            raise Broken(message)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Members of which the archive's directory and their own headers say different things."""
        with self._path.open("rb") as file:
            for info in self._zip.infolist():
                file.seek(max(0, info.header_offset))
                head = file.read(_LOCAL.size)
                name = info.orig_filename.encode()
                if head != _expected(info, len(name), head) or file.read(len(name)) != name:
                    yield (
                        info.filename,
                        "is described in two ways by the ZIP: something changed it.",
                    )

    def names(self) -> list[str]:
        """Every member, as the directory of the archive names it."""
        return self._zip.namelist()

    def size(self, name: str) -> int:
        """The size the directory of the archive gives."""
        return self._zip.getinfo(name).file_size

    def open(self, name: str) -> IO[bytes]:
        """A member, unpacked as it is read."""
        return self._zip.open(name)


def _expected(info: zipfile.ZipInfo, name: int, head: bytes) -> bytes:
    """The header a member must have by the directory; long sizes and extras may stand elsewhere."""
    if len(head) != _LOCAL.size:
        return b""
    *_, packed, size, _, extra = _LOCAL.unpack(head)
    year, month, day, hour, minute, second = info.date_time
    stamp = ((year - 1980) << 9 | month << 5 | day) << 16 | hour << 11 | minute << 5 | second // 2
    wide = packed == size == 0xFFFFFFFF
    sizes = (packed, size) if wide else (info.compress_size, info.file_size)
    # An entry far into a big archive needs version 4.5 in the directory only.
    versions = {info.extract_version, 45 if wide else 20}
    found = struct.unpack_from("<H", head, 4)[0]
    version = found if found in versions else -1 & 0xFFFF
    start = 0x04034B50, version, info.flag_bits, info.compress_type, stamp, info.CRC
    return _LOCAL.pack(*start, *sizes, name, extra)


class FolderMembers:
    """The plain files below a folder. Links, pipes and devices are named and never opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._plain: dict[str, int] = {}
        self._others: list[str] = []
        for one in sorted(path.rglob("*")):
            status = one.lstat()
            name = one.relative_to(path).as_posix()
            if stat.S_ISREG(status.st_mode):
                if one.name not in _LEFT_BY_SYSTEMS:
                    self._plain[name] = status.st_size
            elif not stat.S_ISDIR(status.st_mode):
                self._others.append(name)

    def faults(self) -> Iterator[tuple[str, str]]:
        """What lies there and is no file."""
        for name in self._others:
            yield name, "is a link, a pipe or a device, not a file: it was not opened."

    def names(self) -> list[str]:
        """Every plain file, but for what systems leave in folders by themselves."""
        return list(self._plain)

    def size(self, name: str) -> int:
        """Its size when the folder was looked through."""
        return self._plain[name]

    def open(self, name: str) -> IO[bytes]:
        """The file as it lies there."""
        return (self._path / name).open("rb")


def opened(path: Path) -> Members:
    """The members of a ZIP or a folder; raises Broken where it is neither."""
    if path.is_dir():
        return FolderMembers(path)
    if not path.is_file():
        raise Broken(f"{path}: there is no such file or folder.")
    try:
        return ZipMembers(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Broken(_why_no_zip(path)) from None


def _why_no_zip(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"DSAR":
        mend = "Open it with `dsar bundle export REF` and check what that writes."
        return f"This is a bundle sealed as it lies in the store. {mend}"
    if start == b"PK\x03\x04":
        return "The ZIP is cut off or damaged: its directory cannot be read. Download it again."
    return "This is not a ZIP archive and not a folder."


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Makes Broken of whatever a damaged file raises while it is read."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise Broken("is damaged: its bytes are not those that were written.") from None


def whole(members: Members, name: str, names: Iterable[str]) -> bytes:
    """The content of a small file; raises Broken."""
    if name not in names:
        raise Broken("is missing.")
    if members.size(name) > _SMALL:
        raise Broken("is far larger than such a file can be.")
    with reading(), members.open(name) as file:
        return file.read(_SMALL)


def json_value(content: bytes) -> Any:
    """A JSON text as a value, unless that would take far more room than the text."""
    if content.count(b"[") + content.count(b"{") > _MOST_PARTS:
        raise Broken("holds more objects and arrays than such a file can.")
    return json.loads(content)


def measured(members: Members, name: str) -> str:
    """The SHA-256 of a file as hex digits; of one that unpacks to more than it says, of no more."""
    found, left = hashlib.sha256(), members.size(name) + 1
    with reading(), members.open(name) as file:
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            found.update(block)
            left -= len(block)
    return found.hexdigest()


def _in_blocks(file: IO[bytes]) -> IO[bytes]:
    """The same file, read in blocks: a ZIP's own reader takes hours for one very long line."""
    return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", file), _BLOCK))


def records(members: Members, name: str) -> Iterator[Any]:
    """The records of an array that stands one to a line; raises Broken."""
    with reading(), _in_blocks(members.open(name)) as file:
        first = file.readline(_LONGEST_LINE).strip()
        if first == b"[]":
            return
        if first != b"[":
            raise Broken("is not an array with one record to a line.")
        while (line := file.readline(_LONGEST_LINE).strip()) != b"]":
            if not line:
                raise Broken("ends in the middle.")
            if len(line) >= _LONGEST_LINE:
                raise Broken("has a record far longer than one can be.")
            yield json_value(line.removesuffix(b","))
