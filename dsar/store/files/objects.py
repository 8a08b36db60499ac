"""Files in an S3-compatible store: uploaded from a local file, measured, and only then counted on.

An object appears whole when its upload ends and not before (the last request of a multipart upload
makes it), so nobody ever reads half of one. What arrived is compared with what was sent: by length,
and by the ETag where the server makes it of the content, else by reading it back.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from dsar.domain.errors import BadInput
from dsar.store.files.places import CannotStore, FileGone, StoreAway, StoredFile

#: The part of a multipart upload, two of which are in memory at once; AWS takes 10,000 of them.
PART = 16 << 20
_BLOCK = 1 << 20
_SECONDS = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3}}


@dataclass(frozen=True)
class ObjectStore:
    """A store below `bucket/prefix`. Without key and secret the usual AWS chain is asked."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    key: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"Bucket({self.bucket!r}, {self.prefix!r})"

    @cached_property
    def _files(self) -> Any:
        try:
            import fsspec

            return fsspec.filesystem("s3", **self._options())
        except ImportError:
            mend = "Install it: pip install 'dsar[s3]'."
            raise BadInput("bundle.store.url", "needs the package s3fs.", mend) from None

    def _options(self) -> dict[str, Any]:
        place = {"endpoint_url": self.endpoint, "region_name": self.region}
        return {
            "key": self.key or None,
            "secret": self.secret or None,
            "client_kwargs": {name: value for name, value in place.items() if value},
            "config_kwargs": _SECONDS,
            "default_block_size": PART,
            "use_listings_cache": False,
            "skip_instance_cache": True,
        }

    def put(self, name: str, source: Path) -> None:
        """Uploads the file and removes it once it arrived as it was sent."""
        place = self._place(name)
        with _named(self.bucket):
            self._files.put_file(str(source), place, chunksize=PART, max_concurrency=2)
            info = self._files.info(place)
        if not self._arrived(place, info, source):
            self.remove(name)
            raise CannotStore(
                f"bundle.store.url: a bundle arrived changed in the bucket {self.bucket}. "
                "It was taken away again; try again, and look at what lies between."
            )
        source.unlink()

    def _arrived(self, place: str, info: dict[str, Any], source: Path) -> bool:
        if info["size"] != source.stat().st_size:
            return False
        if str(info.get("ETag", "")).strip('"') == etag(source):
            return True
        with _named(self.bucket), self._files.open(place, "rb") as there, source.open("rb") as here:
            return _sha256(there) == _sha256(here)

    def open(self, name: str) -> IO[bytes]:
        with _named(self.bucket):
            file: IO[bytes] = self._files.open(
                self._place(name), "rb", block_size=_BLOCK, cache_type="readahead"
            )
        return file

    def remove(self, name: str) -> None:
        with _named(self.bucket):
            if self._files.exists(self._place(name)):
                self._files.rm_file(self._place(name))

    def lying(self, folder: str) -> Iterator[StoredFile]:
        with _named(self.bucket):
            found = self._files.find(self._place(folder), detail=True)
        for place, info in found.items():
            yield StoredFile(place.removeprefix(self._root), info["LastModified"])

    def where(self, name: str) -> str:
        return f"s3://{self._place(name)}"

    def check(self) -> None:
        with _named(self.bucket):
            self._files.call_s3("list_objects_v2", Bucket=self.bucket, MaxKeys=1)

    @property
    def _root(self) -> str:
        return "/".join(part for part in (self.bucket, self.prefix.strip("/")) if part) + "/"

    def _place(self, name: str) -> str:
        return self._root + name


_NO_BUCKET = ("is no bucket of this store", "Create it, or mend the address.")
_NO_ENTRY = ("refuses these credentials", "Mend bundle.store.key and secret, or their rights.")
#: What the store answers, and what is wrong then and how to mend it.
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "403": _NO_ENTRY,
    "AccessDenied": _NO_ENTRY,
    "InvalidAccessKeyId": _NO_ENTRY,
    "SignatureDoesNotMatch": _NO_ENTRY,
    "NoCredentialsError": _NO_ENTRY,
}


@contextmanager
def _named(bucket: str) -> Iterator[None]:
    """Whatever a store answers becomes FileGone, CannotStore or StoreAway."""
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

    try:
        yield
    except (OSError, BotoCoreError) as error:
        problem, mend = _REFUSALS.get(_code(error), ("", ""))
        if problem:
            raise CannotStore(f"bundle.store.url: {bucket} {problem}. {mend}") from None
        if isinstance(error, FileNotFoundError):
            raise FileGone("The file of this bundle is gone.") from None
        raise StoreAway from None


def _code(error: Exception) -> str:
    """The store's own word for what is wrong, or the name of the failure on this side."""
    answer = getattr(error.__cause__ or error, "response", None)
    return str(answer["Error"]["Code"]) if answer else type(error).__name__


def etag(path: Path) -> str:
    """The ETag S3 gives to an upload of this file in parts of PART, where it is made of MD5."""
    whole, parts = hashlib.md5(usedforsecurity=False), []
    with path.open("rb") as file:
        while part := file.read(PART):
            whole.update(part)
            parts.append(hashlib.md5(part, usedforsecurity=False).digest())
    if path.stat().st_size < 2 * PART:
        return whole.hexdigest()
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _sha256(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    for block in iter(lambda: file.read(_BLOCK), b""):
        found.update(block)
    return found.hexdigest()
