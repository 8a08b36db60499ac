"""Checks a bundle without a database or a network: is it whole, unchanged and what it says it is.

Works on the ZIP and on an unpacked folder, with the standard library alone; only a signature needs
the package `cryptography`. So this folder can be handed to whoever wants to check a bundle:
`python -m proof.check BUNDLE.zip KEY`. Whatever was put into a bundle, the check answers in bounded
time and memory: nothing is opened that is no plain file, or unpacked beyond what it should be.
"""

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from . import signature
from .members import Broken, Members, json_value, measured, opened, records, whole

MANIFEST, SUMS, SIGNATURE = "manifest.json", "SHA256SUMS", "manifest.json.sig"
#: The same three of one part of a bundle that was split: manifest-2.json, SHA256SUMS-2, …
MANIFESTS = re.compile(r"manifest(-[0-9]{1,4})?\.json")
#: What a manifest must say of each file, and may; of which type.
_SAID: dict[str, type] = {"path": str, "sha256": str, "bytes": int}
_MAY_SAY: dict[str, type] = {"records": int, "media_type": str}


@dataclass(frozen=True, slots=True)
class BundleFault:
    """One thing that is wrong with a bundle; `member` is the file it concerns, "" the whole."""

    member: str
    problem: str

    def __str__(self) -> str:
        return f"{self.member}: {self.problem}" if self.member else self.problem


def verify(path: Path, *, public_key: str | None = None) -> list[BundleFault]:
    """Everything that is wrong with the bundle at `path`; an empty list says it is sound.

    `public_key` is the controller's, in minisign's form. Without it a signature proves only that
    the manifest is as it was signed, not by whom.
    """
    try:
        return list(_findings(opened(Path(path)), public_key))
    except Broken as damage:
        return [BundleFault("", str(damage))]


def signers(path: Path) -> frozenset[str]:
    """The public keys that the manifests of a sound bundle name; "" for one that nobody signed."""
    bundle = opened(Path(path))
    names = bundle.names()
    return frozenset(
        str(_read(whole(bundle, name, names)).get("signed_by") or "")
        for name in names
        if MANIFESTS.fullmatch(name)
    )


def _findings(bundle: Members, public_key: str | None) -> Iterator[BundleFault]:
    names = bundle.names()
    yield from _odd_names(names)
    for name, problem in bundle.faults():
        yield BundleFault(name, problem)
    found = sorted(name for name in names if MANIFESTS.fullmatch(name)) or [MANIFEST]
    there = frozenset(names)
    known = set(names)
    for name in found:
        known -= yield from _promised(bundle, there, name, public_key)
    for name in sorted(known):
        yield BundleFault(name, "is not listed in the manifest: somebody added it.")


def _promised(
    bundle: Members, names: frozenset[str], manifest: str, public_key: str | None
) -> Generator[BundleFault, None, set[str]]:
    """Whether all that one manifest lists is there as it says; returns what it accounts for."""
    try:
        content = whole(bundle, manifest, names)
        told = _read(content)
        part = _SignedManifest(bundle, names, manifest, content, told, _listed(told))
    except Broken as damage:
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

    bundle: Members
    names: frozenset[str]
    manifest: str
    content: bytes
    told: dict[str, Any]
    listed: dict[str, dict[str, Any]]

    @property
    def sums(self) -> str:
        return SUMS + self.manifest.removeprefix("manifest").removesuffix(".json")

    @property
    def signature(self) -> str:
        return self.manifest + ".sig"


def _odd_names(names: list[str]) -> Iterator[BundleFault]:
    for name in sorted(name for name, times in Counter(names).items() if times > 1):
        yield BundleFault(name, "stands in the archive more than once.")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            yield BundleFault(name, "has a name that could leave the folder it is unpacked to.")


def _read(content: bytes) -> dict[str, Any]:
    """A manifest as a value; raises Broken."""
    try:
        told = json_value(content)
        form = str(told.get("format", ""))
    except (ValueError, AttributeError, RecursionError):
        raise Broken("cannot be read as a manifest.") from None
    if not form.startswith("dsar-bundle/1"):
        raise Broken(f"has the format {form[:40]!r}; this program knows dsar-bundle/1.")
    return dict(told)


def _listed(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The members the manifest lists, by name; raises Broken."""
    entries = told.get("members")
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise Broken("cannot be read as a manifest.")
    return {entry["path"]: entry for entry in entries}


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    return all(type(entry.get(name)) is wanted for name, wanted in _SAID.items()) and all(
        type(entry[name]) is wanted for name, wanted in _MAY_SAY.items() if name in entry
    )


def _member(bundle: Members, name: str, entry: dict[str, Any]) -> Iterator[BundleFault]:
    """The size first: of a file that has another, nothing is read."""
    if (size := bundle.size(name)) != entry["bytes"]:
        yield BundleFault(name, f"has {size} bytes; the manifest says {entry['bytes']}.")
        return
    try:
        if measured(bundle, name) != entry["sha256"]:
            problem = "was changed: its checksum is not that of the manifest."
            yield BundleFault(name, problem)
    except Broken as damage:
        yield BundleFault(name, str(damage))


def _sums(part: _SignedManifest) -> Iterator[BundleFault]:
    """SHA256SUMS must say the same as the manifest, and of the manifest itself."""
    try:
        lines = whole(part.bundle, part.sums, part.names).decode("ascii", "replace").splitlines()
    except Broken as damage:
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
            except Broken as damage:
                yield BundleFault(name, str(damage))


def _against_schema(part: _SignedManifest, name: str, schema: str) -> Iterator[BundleFault]:
    try:
        wanted = json_value(whole(part.bundle, schema, [schema]))
        obeys = _checker(wanted["items"])
        least, most = int(wanted["minItems"]), int(wanted["maxItems"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield BundleFault(schema, "cannot be read as the schema of a data file.")
        return
    found, count = 0, part.listed[name]["records"]
    for found, record in enumerate(records(part.bundle, name), 1):
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
        elsewhere = file if "split_from" in part.told else {}
        entry = part.listed.get(file["path"], elsewhere)
        if any(entry.get(name) != file.get(name) for name in ("bytes", "sha256", "media_type")):
            return f"says something else of {file['path']} than the manifest"
    return ""


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
        if results is not None and str(record["done"]) not in results:
            return "has a result that its schema does not name"
        return ""

    return problem


def _signed(part: _SignedManifest, public_key: str | None) -> Iterator[BundleFault]:
    claimed = part.told.get("signed_by")
    if part.signature not in part.names:
        if claimed or public_key:
            yield BundleFault(part.signature, "is missing, so nobody vouches for this bundle.")
        return
    try:
        written = whole(part.bundle, part.signature, part.names)
        if signature.holds(written, part.content, str(public_key or claimed)):
            return
        problem = "does not fit the manifest and the key: do not trust this bundle."
        if public_key and claimed != public_key:
            problem = f"is by {str(claimed)[:80]}, not by {public_key}: do not trust this bundle."
    except Broken as damage:
        problem = str(damage)
    yield BundleFault(part.signature, problem)


if __name__ == "__main__":
    _key = sys.argv[2] if len(sys.argv) > 2 else None
    _found = verify(Path(sys.argv[1]), public_key=_key)
    _by = "signed by the key you gave" if _key else "by whom, only the controller's own key says"
    print("\n".join(map(str, _found)) or f"The bundle is whole and unchanged, {_by}.")  # noqa: T201
    sys.exit(1 if _found else 0 if _key else 3)
