"""Splits a finished bundle into parts of a size the person chose, each a valid ZIP alone.

Every part has a manifest and sums of its own (`manifest-2.json`, `SHA256SUMS-2`), so that all parts
unpack into one folder and make the whole bundle there. The first part lists the others with size
and hash. Members are copied as they are packed: nothing is compressed again.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsar.domain.errors import BadInput
from dsar.words import Words
from exports import manifest
from exports.bundle import replacing
from exports.data.archive import Archive, Member, PackedForm
from exports.proof import check
from exports.proof.check import BundleFault

#: Smaller parts are refused: a report alone may be larger, and nobody wants hundreds of files.
LEAST = 1_000_000
_FIRST = ("START-HERE.html", "report.pdf", "processing.json")
_BLOCK = 1 << 16
#: What a part costs beside its members and the fixed half of its manifest: signature, letter, end.
_FRAME = 8_000
#: What a member costs beside its bytes and its names: headers, its lines in manifest and sums.
_ENTRY = 440


@dataclass(frozen=True, slots=True)
class BundlePart:
    """One finished part: where it is, the SHA-256 and size of its ZIP."""

    path: Path
    sha256: str
    bytes: int


def split(
    bundle: IO[bytes],
    target: Path,
    *,
    size: int,
    words: Callable[[str], Words],
    sign_with: Ed25519PrivateKey | None = None,
) -> list[BundlePart]:
    """Writes the parts of a finished bundle beside `target`, as NAME.part1.zip and so on.

    None has more than `size` bytes, unless one file alone is larger. Nothing is left if any fails.
    `words` gives those of the report in the language of a tag. A bundle that is small enough is one
    part. Raises BadInput, and OSError where the disk does.
    """
    if size < LEAST:
        raise BadInput("part_size", f"is {size} bytes.", f"Give at least {LEAST // 10**6}MB.")
    with zipfile.ZipFile(bundle) as archive:
        splitting = _Splitter(archive, bundle, target, size, words=words, sign_with=sign_with)
        try:
            return splitting.write()
        except BaseException:
            for path in splitting.paths:
                path.unlink(missing_ok=True)
            raise


class _Splitter:
    def __init__(
        self,
        archive: zipfile.ZipFile,
        bundle: IO[bytes],
        target: Path,
        size: int,
        *,
        words: Callable[[str], Words],
        sign_with: Ed25519PrivateKey | None,
    ) -> None:
        content = archive.read(manifest.MANIFEST)
        self._archive, self._bundle, self._sign_with = archive, bundle, sign_with
        self._whole = manifest.of(bundle)
        self._words = words(self._whole["language"])
        self._mark = hashlib.sha256(content).hexdigest()
        self._entries = {entry["path"]: entry for entry in self._whole["members"]}
        frame = len(manifest.pretty({**self._whole, "members": []})) + _FRAME
        self._groups = list(_groups(archive, list(self._entries), size - frame))
        self.paths = [
            target.with_name(f"{target.stem}.part{number}.zip")
            for number in range(1, len(self._groups) + 1)
        ]

    def write(self) -> list[BundlePart]:
        """The first part last: it says what the others hash to."""
        others = [self._write(number, []) for number in range(2, len(self._groups) + 1)]
        return [self._write(1, others), *others]

    def _write(self, number: int, others: list[BundlePart]) -> BundlePart:
        path = self.paths[number - 1]
        moment = datetime.fromisoformat(self._whole["cut_off"])
        with (
            replacing(path) as out,
            Archive(out, path.parent, moment=moment) as made,
        ):
            for name in self._groups[number - 1]:
                self._copy(made, name)
            self._prove(made, number, others, moment)
        return BundlePart(path, out.hash.hexdigest(), out.size)

    def _copy(self, made: Archive, name: str) -> None:
        info, entry = self._archive.getinfo(name), self._entries[name]
        member = Member(
            name, info.file_size, entry["sha256"], entry["media_type"], entry.get("records")
        )
        packed = PackedForm(info.CRC, info.compress_size, info.compress_type)
        made.copy(member, packed, self._packed(info))

    def _packed(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """A member's bytes as they stand in the bundle, behind its own header."""
        self._bundle.seek(info.header_offset)
        head = self._bundle.read(30)
        names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        self._bundle.seek(info.header_offset + 30 + names)
        left = info.compress_size
        while left:
            block = self._bundle.read(min(_BLOCK, left))
            if not block:
                raise EOFError(f"{info.filename} ends before its time")
            left -= len(block)
            yield block

    def _prove(
        self, made: Archive, number: int, others: list[BundlePart], moment: datetime
    ) -> None:
        suffix = "" if number == 1 else f"-{number}"
        made.put(f"PART-{number}.txt", self._letter(number), "text/plain")
        name = f"manifest{suffix}.json"
        listed = manifest.pretty(self._manifest(made.members, number, others))
        made.put(name, listed, "application/json")
        if self._sign_with:
            signed = manifest.signature(listed, self._sign_with, moment=moment, file=name)
            made.put(f"{name}.sig", signed, "text/plain")
        made.put(f"{manifest.SUMS}{suffix}", manifest.sums(made.members), "text/plain")
        made.finish()

    def _letter(self, number: int) -> bytes:
        """What this part is and what to do with it, in the language of the bundle."""
        told = self._words.say(
            "part", "told",
            number=number, parts=len(self.paths), reference=self._whole["reference"],
        )  # fmt: skip
        names = [path.name for path in self.paths]
        return "\n".join([told, self._words["part"]["unpack"], "", *names, ""]).encode()

    def _manifest(
        self, members: list[Member], number: int, others: list[BundlePart]
    ) -> dict[str, Any]:
        told: dict[str, Any] = {
            **self._whole,
            "signed_by": manifest.public_key(self._sign_with) if self._sign_with else None,
            "part": {"number": number, "of": len(self.paths)},
            "split_from": self._mark,
        }
        if number == 1:
            told["parts"] = [
                {"part": place, "file": one.path.name, "bytes": one.bytes, "sha256": one.sha256}
                for place, one in enumerate(others, 2)
            ]
        return {**told, "members": manifest.listed(members)}


def _groups(archive: zipfile.ZipFile, names: list[str], most: int) -> Iterator[list[str]]:
    """The members of each part: what a person opens first, then the rest by name."""
    group: list[str] = []
    room = most
    for unit in _units(names):
        cost = sum(_cost(archive.getinfo(name)) for name in unit)
        if group and cost > room:
            yield group
            group, room = [], most
        group += unit
        room -= cost
    yield group


def _units(names: list[str]) -> Iterator[list[str]]:
    """Members that must not be parted: a data file and its schema, by which it is checked."""
    every = set(names)
    yield from ([name] for name in _FIRST if name in every)
    for name in sorted(every.difference(_FIRST)):
        data = f"{name.removesuffix('.schema.json')}.json"
        if name.endswith(".schema.json") and data in every:
            continue
        schema = f"{name.removesuffix('.json')}.schema.json"
        yield [name, *([schema] if schema in every else [])]


def _cost(info: zipfile.ZipInfo) -> int:
    return info.compress_size + 4 * len(info.filename) + _ENTRY


def verify(path: Path, *, public_key: str | None = None) -> list[BundleFault]:
    """What is wrong with a bundle, with one part, or with a folder that holds all parts as ZIPs."""
    path = Path(path)
    zips = sorted(path.glob("*.zip")) if path.is_dir() else []
    if not zips or any(path.glob("manifest*.json")):
        return check.verify(path, public_key=public_key)
    found = [
        BundleFault(
            one.name if not finding.member else f"{one.name}: {finding.member}", finding.problem
        )
        for one in zips
        for finding in check.verify(one, public_key=public_key)
    ]
    return found or list(_together(zips))


def signers(path: Path) -> frozenset[str]:
    """Who signed a sound bundle, part or folder of parts; see `proof.check.signers`."""
    path = Path(path)
    zips = sorted(path.glob("*.zip")) if path.is_dir() else []
    if not zips or any(path.glob("manifest*.json")):
        return check.signers(path)
    return frozenset().union(*(check.signers(one) for one in zips))


def _together(zips: list[Path]) -> Iterator[BundleFault]:
    """Whether sound ZIPs are the parts of one bundle, and all of them; or whole bundles."""
    manifests = {path.name: _manifest_of(path) for path in zips}
    if not any("part" in told for told in manifests.values()):
        return
    firsts = {name: told for name, told in manifests.items() if "parts" in told}
    if len(firsts) != 1:
        yield BundleFault(
            "", f"{len(firsts)} of these files are the first part of a bundle, not one."
        )
        return
    ((first, told),) = firsts.items()
    for entry in told["parts"]:
        path = zips[0].with_name(entry["file"])
        if path.name not in manifests:
            yield BundleFault(path.name, f"is missing; it is part {entry['part']} of this bundle.")
        elif _measured(path) != (entry["bytes"], entry["sha256"]):
            yield BundleFault(path.name, f"is not the one that {first} lists.")
    for name in sorted(manifests.keys() - {first} - {entry["file"] for entry in told["parts"]}):
        yield BundleFault(name, f"is no part of the bundle that begins with {first}.")


def _manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if check.MANIFESTS.fullmatch(name)]
        return manifest.read(archive, names[0])


def _measured(path: Path) -> tuple[int, str]:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return path.stat().st_size, found.hexdigest()
