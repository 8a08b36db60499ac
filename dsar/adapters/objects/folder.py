"""Objects in a folder: on a local disk, or in any store fsspec shows as one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import fsspec

from dsar.adapters.objects.objects_settings import ObjectsSettings
from dsar.adapters.objects.stores import BLOCK, LATEST, Outcome, StoredObject, Version, iso
from dsar.sdk import Done, Later, NeedsHuman
from dsar.sdk.settings import BadInput


class LocalFolder:
    """One folder and everything below it; nothing outside is ever looked at."""

    def __init__(self, settings: ObjectsSettings) -> None:
        self.local = settings.path is not None
        if settings.path is not None:
            protocol, self.root = "file", str(settings.path.absolute())
        else:
            protocol = urlsplit(settings.url or "").scheme
            self.root = (settings.url or "").partition("://")[2].rstrip("/")
        try:
            self.files = fsspec.filesystem(
                protocol, **settings.options, skip_instance_cache=True, use_listings_cache=False
            )
        except (ImportError, ValueError):
            mend = "Install the fsspec package of this store, or correct the address."
            raise BadInput("url", f"needs a package to reach {protocol}://.", mend) from None
        if not self.local:
            self.root = str(self.files._strip_protocol(settings.url))  # noqa: SLF001 - its own form

    def check(self) -> None:
        with self._named_failures():
            if not self.files.isdir(self.root):
                raise NeedsHuman("The folder is not there. Restore it, or correct path or url.")
            self.files.ls(self.root, detail=False)

    def listed(self, key: str, *, below: bool) -> Iterator[StoredObject]:
        self.check()
        with self._named_failures():
            entry = self._entry(key)
            if entry is None:
                return
            if below and entry["type"] == "directory":
                yield from self._below(entry["name"])
            elif not below and entry["type"] == "file":
                yield self._thing(entry)

    def blocks(self, key: str, number: str) -> Iterator[bytes]:
        del number  # there is only one state
        with self._named_failures():
            entry = self._entry(key)
            if entry is None or entry["type"] != "file":
                raise NeedsHuman(
                    "The object is not there any more. Search again.", code="not_there"
                )
            with self.files.open(entry["name"], "rb", block_size=BLOCK) as source:
                while block := source.read(BLOCK):
                    yield block

    def there(self, keys: Sequence[str]) -> set[str]:
        self.check()
        with self._named_failures():
            found = {key: self._entry(key) for key in keys}
        return {key for key, entry in found.items() if entry and entry["type"] == "file"}

    def delete(self, keys: Sequence[str], floor: int) -> Mapping[str, Outcome]:
        there = self.there(keys)
        done: dict[str, Outcome] = dict.fromkeys(keys, (Done.MISSING, ""))
        for key in sorted(there):
            try:
                self.files.rm_file(self._full(key))
            except OSError as error:
                why = f"The store refuses deleting it ({type(error).__name__}). Grant the right."
                done[key] = (Done.FAILED, why)
            else:
                done[key] = (Done.ERASED, "")
                self._tidy(key, floor)
        return done

    def _tidy(self, key: str, floor: int) -> None:
        """Folders left empty go: their names say whose they were. One in use stays."""
        steps = key.split("/")[:-1]
        with suppress(OSError, NotImplementedError):  # not empty; or a store without folders
            while len(steps) > floor:
                self.files.rmdir(self._full("/".join(steps)))
                steps.pop()

    def _below(self, folder: str) -> Iterator[StoredObject]:
        for entry in sorted(self.files.ls(folder, detail=True), key=lambda one: one["name"]):
            self._refuse_link(entry)
            if entry["type"] == "directory":
                yield from self._below(entry["name"])
            else:
                yield self._thing(entry)

    def _thing(self, entry: Mapping[str, Any]) -> StoredObject:
        key = str(entry["name"])[len(self.root) :].lstrip("/")
        when = entry.get("mtime", entry.get("LastModified", entry.get("created")))
        return StoredObject(key, (Version(LATEST, int(entry["size"] or 0), iso(when)),))

    def _entry(self, key: str) -> Mapping[str, Any] | None:
        if self.local and os.path.realpath(self._full(key)) != self._real(key):
            raise NeedsHuman(_LINK)
        try:
            entry: Mapping[str, Any] = self.files.info(self._full(key))
        except FileNotFoundError:
            return None
        except OSError as error:
            if isinstance(error, NotADirectoryError):
                return None
            raise
        self._refuse_link(entry)
        return entry

    def _refuse_link(self, entry: Mapping[str, Any]) -> None:
        if entry.get("islink") or entry["type"] not in {"file", "directory"}:
            raise NeedsHuman(_LINK)

    def _full(self, key: str) -> str:
        return f"{self.root}/{key}"

    def _real(self, key: str) -> str:
        return f"{os.path.realpath(self.root)}/{key}"

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        try:
            yield
        except PermissionError:
            raise NeedsHuman(
                "The store refuses to be read. Give this process the right, or correct options.",
                code="refused",
            ) from None
        except OSError as error:
            raise Later(f"The store cannot be reached ({type(error).__name__}).") from None


_LINK = (
    "The store holds a link where a person's files should be; links are not followed. Put the "
    "files themselves there."
)
