"""What is in a bundle, so that anyone can check it: manifest.json, SHA256SUMS and the signature.

The signature has the form of minisign (https://jedisct1.github.io/minisign/), so that
`minisign -Vm manifest.json -x manifest.json.sig -P KEY` checks it without our program: Ed25519 over
the BLAKE2b-512 hash of the manifest, and once more over that signature and its trusted comment.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import IO, Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dsar.words import Words
from exports.contents import Contents
from exports.data.archive import Member
from exports.document.processing import FORMAT, Document
from templates import FOLDER

MANIFEST, SUMS, SIGNATURE = "manifest.json", "SHA256SUMS", "manifest.json.sig"
_PREHASHED = b"ED"


def manifest(
    contents: Contents, document: Document, members: Iterable[Member], *, key: str | None = None
) -> bytes:
    """The manifest of a bundle: its members with sizes and hashes, its sources, gaps and versions.

    `key` is the public key that will sign it, in minisign's form.
    """
    return pretty(
        {
            "format": FORMAT,
            "reference": contents.request.reference,
            "right": contents.request.right.value,
            "outcome": contents.outcome,
            "language": contents.language,
            "cut_off": contents.cut_off.isoformat(),
            "engine_version": contents.engine_version,
            "policy_version": contents.policy_version,
            "templates": templates_hash(contents.words),
            "signed_by": key,
            "records": document["answer"]["records"],
            "sources": [
                {
                    name: line[name]
                    for name in ("source", "outcome", "found", "done", "kept", "residue")
                }
                for line in document["coverage"]
            ],
            "gaps": _gaps(document),
            "members": listed(members),
        }
    )


def _gaps(document: Document) -> list[Document]:
    """What the bundle does not hold or the sources did not do, by ground; never the content."""
    withheld = [
        {name: kept[name] for name in ("source", "collection", "count", "ground")}
        | ({"part": kept["part"]} if kept["part"] else {})
        for kept in document["withheld"]
    ]
    failed = [
        {"source": line["source"], "ground": line["outcome"]}
        for line in document["coverage"]
        if line["outcome"] in {"open", "could_not"}
    ]
    return [*withheld, *failed]


def listed(members: Iterable[Member]) -> list[Document]:
    """The members as a manifest lists them."""
    return [_member(member) for member in sorted(members, key=lambda member: member.name)]


def _member(member: Member) -> Document:
    listed: Document = {
        "path": member.name,
        "bytes": member.bytes,
        "sha256": member.sha256,
        "media_type": member.media_type,
    }
    return listed if member.records is None else {**listed, "records": member.records}


def of(bundle: IO[bytes]) -> Document:
    """The manifest of a finished bundle of ours."""
    with zipfile.ZipFile(bundle) as archive:
        return read(archive)


def read(archive: zipfile.ZipFile, name: str = MANIFEST) -> Document:
    """One manifest in an archive of ours."""
    found: Document = json.loads(archive.read(name))
    return found


#: What decides how a bundle comes out beside its contents, as staff calls it.
_VERSIONS = {
    "engine_version": "version of dsar",
    "templates": "templates",
    "policy_version": "policy",
    "signed_by": "signing key",
}


def differences(before: Document, now: Document) -> list[str]:
    """What differs between two bundles of one ticket, by name: versions first, then files."""
    changed = [
        f"{words} {str(before.get(name))[:12]} → {str(now.get(name))[:12]}"
        for name, words in _VERSIONS.items()
        if before.get(name) != now.get(name)
    ]
    old, new = (
        {entry["path"]: entry["sha256"] for entry in one["members"]} for one in (before, now)
    )
    files = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return changed + files


def sums(members: Iterable[Member]) -> bytes:
    """The hashes in the form that `sha256sum -c` reads."""
    lines = sorted(f"{member.sha256}  {member.name}\n" for member in members)
    return "".join(sorted(lines, key=lambda line: line[66:])).encode("ascii")


def pretty(value: Any) -> bytes:
    """JSON for people and programs: indented by two, keys in the order given."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except TypeError:  # lone surrogates, integers beyond 64 bits
        slow = json.dumps(value, indent=2, ensure_ascii=False)
        text = slow.encode("utf-8", "backslashreplace")
    return text + b"\n"


def templates_hash(words: Words) -> str:
    """One hash over everything the report and the start page are rendered from."""
    said = f"{_layout_hash()} {words.language} {words.locale} {words.moments} {words.sha256}"
    return hashlib.sha256(said.encode()).hexdigest()


@cache
def _layout_hash() -> str:
    found = hashlib.sha256()
    for folder in ("bundle", "pdf"):
        for path in sorted((FOLDER / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(path.relative_to(FOLDER).as_posix().encode() + b"\0")
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def public_key(key: Ed25519PrivateKey) -> str:
    """The public half in minisign's form, to be published on the controller's own site."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(b"Ed" + key_id(raw) + raw).decode()


def key_id(raw: bytes) -> bytes:
    """Eight bytes that name a public key, derived from it."""
    return hashlib.blake2b(raw, digest_size=8).digest()


def signature(
    content: bytes, key: Ed25519PrivateKey, *, moment: datetime, file: str = MANIFEST
) -> bytes:
    """The detached signature of the manifest; the same key and content give the same bytes."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signed = key.sign(hashlib.blake2b(content).digest())
    comment = f"timestamp:{int(moment.timestamp())}\tfile:{file}"
    over_all = key.sign(signed + comment.encode())
    return (
        "untrusted comment: signature of a dsar bundle\n"
        f"{base64.b64encode(_PREHASHED + key_id(raw) + signed).decode()}\n"
        f"trusted comment: {comment}\n"
        f"{base64.b64encode(over_all).decode()}\n"
    ).encode()
