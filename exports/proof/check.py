"""Checks a bundle without a database or a network: is it whole, unchanged and what it says it is.

Works on the ZIP and on an unpacked folder, with the standard library alone; only a signature needs
the package `cryptography`. So this one file can be handed to whoever wants to check a bundle:
`python check.py BUNDLE.zip`.
"""

import base64
import contextlib
import hashlib
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

MANIFEST, SUMS, SIGNATURE = "manifest.json", "SHA256SUMS", "manifest.json.sig"
#: The same three of one part of a bundle that was split: manifest-2.json, SHA256SUMS-2, …
MANIFESTS = re.compile(r"manifest(-[0-9]{1,4})?\.json")
_LEFT_BY_SYSTEMS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_BLOCK, _SMALL, _LONGEST_LINE = 1 << 20, 1 << 26, 1 << 28


@dataclass(frozen=True, slots=True)
class BundleFault:
    """One thing that is wrong with a bundle; `member` is the file it concerns, "" the whole."""

    member: str
    problem: str

    def __str__(self) -> str:
        return f"{self.member}: {self.problem}" if self.member else self.problem


class _Broken(Exception):  # noqa: N818
    """The bundle cannot be read any further; the text says why."""


class _Bundle(Protocol):
    def names(self) -> list[str]: ...
    def open(self, name: str) -> IO[bytes]: ...
    def inconsistent(self) -> Iterator[str]: ...


_LOCAL = struct.Struct("<IHHHIIIIHH")


class _Zip:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = zipfile.ZipFile(path)

    def inconsistent(self) -> Iterator[str]:
        """Members of which the archive's directory and their own headers say different things."""
        with self._path.open("rb") as file:
            for info in self._zip.infolist():
                file.seek(max(0, info.header_offset))
                head = file.read(_LOCAL.size)
                name = info.orig_filename.encode()
                if head != _expected(info, len(name), head) or file.read(len(name)) != name:
                    yield info.filename

    def names(self) -> list[str]:
        return self._zip.namelist()

    def open(self, name: str) -> IO[bytes]:
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


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def inconsistent(self) -> Iterator[str]:
        yield from ()

    def names(self) -> list[str]:
        found = (path for path in self._path.rglob("*") if not path.is_dir())
        return sorted(
            path.relative_to(self._path).as_posix()
            for path in found
            if path.name not in _LEFT_BY_SYSTEMS
        )

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")


def verify(path: Path, *, public_key: str | None = None) -> list[BundleFault]:
    """Everything that is wrong with the bundle at `path`; an empty list says it is sound.

    `public_key` is the controller's, in minisign's form. Without it a signature proves only that
    the manifest is as it was signed, not by whom.
    """
    try:
        bundle = _opened(Path(path))
        return list(_findings(bundle, public_key))
    except _Broken as damage:
        return [BundleFault("", str(damage))]


def _opened(path: Path) -> _Bundle:
    if path.is_dir():
        return _Folder(path)
    if not path.is_file():
        raise _Broken(f"{path}: there is no such file or folder.")
    try:
        return _Zip(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _Broken(_why_no_zip(path)) from None


def _why_no_zip(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"DSAR":
        mend = "Open it with `dsar bundle export REF` and check what that writes."
        return f"This is a bundle sealed as it lies in the store. {mend}"
    if start == b"PK\x03\x04":
        return "The ZIP is cut off or damaged: its directory cannot be read. Download it again."
    return "This is not a ZIP archive and not a folder."


def _findings(bundle: _Bundle, public_key: str | None) -> Iterator[BundleFault]:
    names = bundle.names()
    yield from _odd_names(names)
    for name in bundle.inconsistent():
        yield BundleFault(name, "is described in two ways by the ZIP: something changed it.")
    found = sorted(name for name in names if MANIFESTS.fullmatch(name)) or [MANIFEST]
    known = set(names)
    for name in found:
        known -= yield from _promised(bundle, names, name, public_key)
    for name in sorted(known):
        yield BundleFault(name, "is not listed in the manifest: somebody added it.")


def _promised(
    bundle: _Bundle, names: list[str], manifest: str, public_key: str | None
) -> Generator[BundleFault, None, set[str]]:
    """Whether all that one manifest lists is there as it says; returns what it accounts for."""
    try:
        content = _whole(bundle, manifest, names)
        part = _SignedManifest(bundle, frozenset(names), manifest, content, _listed(content))
    except _Broken as damage:
        yield BundleFault(manifest, str(damage))
        return set(names)
    for name in sorted(part.listed.keys() - part.names):
        yield BundleFault(name, "is missing.")
    for name, entry in sorted(part.listed.items()):
        if name in names:
            yield from _member(bundle, name, entry)
    yield from _sums(part)
    yield from _records(part)
    yield from _signed(part, public_key)
    return {manifest, part.sums, part.signature} | part.listed.keys()


@dataclass(frozen=True, slots=True)
class _SignedManifest:
    """One manifest of a bundle and the files it lists; a bundle that was not split has one."""

    bundle: _Bundle
    names: frozenset[str]
    manifest: str
    content: bytes
    listed: dict[str, dict[str, Any]]

    @property
    def sums(self) -> str:
        return SUMS + self.manifest.removeprefix("manifest").removesuffix(".json")

    @property
    def signature(self) -> str:
        return self.manifest + ".sig"


def _odd_names(names: list[str]) -> Iterator[BundleFault]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield BundleFault(name, "stands in the archive more than once.")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            yield BundleFault(name, "has a name that could leave the folder it is unpacked to.")


def _whole(bundle: _Bundle, name: str, names: Iterable[str]) -> bytes:
    """The content of a small member; raises _Damaged."""
    if name not in names:
        raise _Broken("is missing.")
    with _reading(), bundle.open(name) as file:
        content = file.read(_SMALL + 1)
    if len(content) > _SMALL:
        raise _Broken("is far larger than such a file can be.")
    return content


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise _Broken("is damaged: its bytes are not those that were written.") from None


def _listed(content: bytes) -> dict[str, dict[str, Any]]:
    """The members the manifest lists, by name; raises _Damaged."""
    try:
        value = json.loads(content)
        members = {str(entry["path"]): entry for entry in value["members"]}
        for entry in members.values():
            entry["sha256"], entry["bytes"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Broken("cannot be read as a manifest.") from None
    if not str(value.get("format", "")).startswith("dsar-bundle/1"):
        raise _Broken(f"has the format {value.get('format')!r}; this program knows dsar-bundle/1.")
    return members


def _member(bundle: _Bundle, name: str, entry: dict[str, Any]) -> Iterator[BundleFault]:
    try:
        size, sha256 = _measured(bundle, name)
    except _Broken as damage:
        yield BundleFault(name, str(damage))
        return
    if size != entry["bytes"]:
        yield BundleFault(name, f"has {size} bytes; the manifest says {entry['bytes']}.")
    elif sha256 != entry["sha256"]:
        yield BundleFault(name, "was changed: its checksum is not that of the manifest.")


def _measured(bundle: _Bundle, name: str) -> tuple[int, str]:
    found, size = hashlib.sha256(), 0
    with _reading(), bundle.open(name) as file:
        while block := file.read(_BLOCK):
            found.update(block)
            size += len(block)
    return size, found.hexdigest()


def _sums(part: _SignedManifest) -> Iterator[BundleFault]:
    """SHA256SUMS must say the same as the manifest, and of the manifest itself."""
    try:
        lines = _whole(part.bundle, part.sums, part.names).decode("ascii", "replace").splitlines()
    except _Broken as damage:
        yield BundleFault(part.sums, str(damage))
        return
    written = {line[66:]: line[:64] for line in lines}
    wanted = {name: str(entry["sha256"]) for name, entry in part.listed.items()}
    wanted[part.manifest] = hashlib.sha256(part.content).hexdigest()
    for name in sorted(wanted.keys() | (written.keys() - {part.signature})):
        if written.get(name) != wanted.get(name):
            yield BundleFault(part.sums, f"says something else than the manifest about {name}.")


def _records(part: _SignedManifest) -> Iterator[BundleFault]:
    """Each data file keeps to its schema and holds as many records as the manifest says."""
    for name, entry in sorted(part.listed.items()):
        schema = f"{name.removesuffix('.json')}.schema.json"
        if name.endswith(".json") and "records" in entry and {name, schema} <= part.names:
            try:
                yield from _against_schema(part, name, schema)
            except _Broken as damage:
                yield BundleFault(name, str(damage))


def _against_schema(part: _SignedManifest, name: str, schema: str) -> Iterator[BundleFault]:
    try:
        wanted = json.loads(_whole(part.bundle, schema, [schema]))
        obeys = _checker(wanted["items"])
        least, most = int(wanted["minItems"]), int(wanted["maxItems"])
    except (ValueError, KeyError, TypeError):
        yield BundleFault(schema, "cannot be read as the schema of a data file.")
        return
    found, count = 0, int(part.listed[name]["records"])
    for found, record in enumerate(_items(part.bundle, name), 1):
        problem = obeys(record) or _other_file(record, part)
        if problem:
            yield BundleFault(name, f"record {found} {problem}.")
            return
    if not least <= found <= most or found != count:
        yield BundleFault(name, f"holds {found} records; the manifest says {count}.")


def _other_file(record: Any, part: _SignedManifest) -> str:
    """What is wrong with the files a record names; one that is in another part is checked there."""
    for file in record.get("files", ()):
        if not isinstance(file, dict) or not isinstance(file.get("path"), str):
            return "has a file without a path"
        elsewhere = file if b'"split_from"' in part.content else {}
        entry = part.listed.get(file["path"], elsewhere)
        if any(entry.get(name) != file.get(name) for name in ("bytes", "sha256", "media_type")):
            return f"says something else of {file['path']} than the manifest"
    return ""


def _items(bundle: _Bundle, name: str) -> Iterator[Any]:
    """The records of an array that stands one to a line; raises _Damaged."""
    with _reading(), bundle.open(name) as file:
        first = file.readline(_LONGEST_LINE).strip()
        if first == b"[]":
            return
        if first != b"[":
            raise _Broken("is not an array with one record to a line.")
        while (line := file.readline(_LONGEST_LINE).strip()) != b"]":
            if not line:
                raise _Broken("ends in the middle.")
            yield json.loads(line.removesuffix(b","))


def _checker(schema: dict[str, Any]) -> Callable[[Any], str]:
    """A function that says what is wrong with a record, for the schemas that bundles carry."""
    required, properties = set(schema["required"]), schema["properties"]
    allowed = required | (properties.keys() & {"files"})
    fields = set(properties["data"]["properties"]) if "data" in properties else None
    results = set(properties["done"]["enum"]) if "done" in properties else None

    def problem(record: Any) -> str:
        if not isinstance(record, dict) or not required <= record.keys() <= allowed:
            return "does not have exactly the members its schema names"
        if not isinstance(record["record"], str) or not isinstance(record.get("files", []), list):
            return "has a key that is no text, or files that are no list"
        if fields is not None and not isinstance(record["data"], dict):
            return "has data that is no object"
        if fields is not None and not record["data"].keys() <= fields:
            return "has a field that its schema does not explain"
        if results is not None and record["done"] not in results:
            return "has a result that its schema does not name"
        return ""

    return problem


def _signed(part: _SignedManifest, public_key: str | None) -> Iterator[BundleFault]:
    claimed = json.loads(part.content).get("signed_by")
    if part.signature not in part.names:
        if claimed or public_key:
            yield BundleFault(part.signature, "is missing, so nobody vouches for this bundle.")
        return
    key = str(public_key or claimed)
    try:
        signature = _whole(part.bundle, part.signature, part.names)
        if _signature_holds(signature, part.content, key):
            return
        problem = "does not fit the manifest and the key: do not trust this bundle."
    except _Broken as damage:
        problem = str(damage)
    yield BundleFault(part.signature, problem)


def _signature_holds(content: bytes, manifest: bytes, key: str) -> bool:
    """Whether a signature in minisign's form is right; raises _Damaged where it cannot be read."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        _, packed, comment, over_all = content.decode().rstrip("\n").split("\n")
        signed = base64.b64decode(packed, validate=True)
        raw = base64.b64decode(key, validate=True)
        named = Ed25519PublicKey.from_public_bytes(raw[10:])
        trusted = comment.removeprefix("trusted comment: ").encode()
        outer = base64.b64decode(over_all, validate=True)
    except ValueError:
        raise _Broken("cannot be read, or the public key cannot.") from None
    if signed[:2] != b"ED" or signed[2:10] != raw[2:10]:
        return False
    try:
        named.verify(signed[10:], hashlib.blake2b(manifest).digest())
        named.verify(outer, signed[10:] + trusted)
    except InvalidSignature:
        return False
    return True


if __name__ == "__main__":
    _found = verify(Path(sys.argv[1]), public_key=sys.argv[2] if len(sys.argv) > 2 else None)
    print("\n".join(map(str, _found)) or "The bundle is whole and unchanged.")  # noqa: T201
    sys.exit(1 if _found else 0)
