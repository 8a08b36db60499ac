"""Objects in an S3 bucket: listed and deleted a thousand at a time, older versions included.

Keys go to the server as parameters of the API, never as part of an address that is taken apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from aiobotocore.session import AioSession  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
from fsspec.asyn import sync
from s3fs import S3FileSystem

from dsar.adapters.objects.objects_settings import ObjectsSettings
from dsar.adapters.objects.stores import BLOCK, LATEST, Outcome, StoredObject, Version, iso
from dsar.sdk import Done, Later, NeedsHuman

#: Keys the API gives in one answer, and takes in one request to delete.
MOST = 1000
_READ = 4 * BLOCK


class S3Bucket:
    """One bucket, or what lies below a folder of it."""

    def __init__(self, settings: ObjectsSettings) -> None:
        self.bucket, _, folder = (settings.url or "").removeprefix("s3://").partition("/")
        self.folder = folder.strip("/") + "/" if folder.strip("/") else ""
        self.every_version = settings.versions
        given = dict(settings.options)
        region = given.pop("region", None)
        self._s3 = S3FileSystem(
            **given,
            client_kwargs={"region_name": region} if region else {},
            config_kwargs={
                "connect_timeout": 10,
                "read_timeout": 60,
                "retries": {"max_attempts": 1},
            },
            use_listings_cache=False,
            skip_instance_cache=True,
            session=_session(),
        )
        self._s3.retries = 2

    def check(self) -> None:
        self._found(self._call("list_objects_v2", MaxKeys=1, Prefix=self.folder))
        self._keeps_versions()

    def listed(self, key: str, *, below: bool) -> Iterator[StoredObject]:
        prefix = self.folder + key + ("/" if below else "")
        pages = self._versions(prefix) if self.every_version else self._latest(prefix)
        for found, states in groupby(pages, key=itemgetter("Key")):
            if below or found == prefix:
                held = tuple(_version(one) for one in states if not one.get("marker"))
                if held:
                    yield StoredObject(found[len(self.folder) :], held)
            elif found > prefix:  # keys come in order, the very key first
                return

    def blocks(self, key: str, number: str) -> Iterator[bytes]:
        which = {"Key": self.folder + key} | ({"VersionId": number} if number != LATEST else {})
        head = self._call("head_object", **which)
        if head is None:
            raise NeedsHuman("The object is not there any more. Search again.", code="not_there")
        for start in range(0, head["ContentLength"], _READ):
            span = f"bytes={start}-{start + _READ - 1}"
            answer = self._call("get_object", **which, Range=span, IfMatch=head["ETag"])
            if answer is None:
                raise NeedsHuman(
                    "The object is not there any more. Search again.", code="not_there"
                )
            content = sync(self._s3.loop, answer["Body"].read)
            for place in range(0, len(content), BLOCK):
                yield content[place : place + BLOCK]

    def there(self, keys: Sequence[str]) -> set[str]:
        return {key for key in keys if self._is_there(key)}

    def delete(self, keys: Sequence[str], floor: int) -> Mapping[str, Outcome]:
        del floor  # there are no folders
        there = self.there(keys)
        failed: dict[str, str] = {}
        for start in range(0, len(keys), MOST):
            states = [one for key in keys[start : start + MOST] for one in self._doomed(key, there)]
            for place in range(0, len(states), MOST):
                failed |= self._delete(states[place : place + MOST])
        kept = self._keeps_versions()
        return {key: self._outcome(key, key in there, failed.get(key), kept) for key in keys}

    def _is_there(self, key: str) -> bool:
        if self.every_version:
            return any(not one.get("marker") for one in self._states(key))
        return self._call("head_object", Key=self.folder + key) is not None

    def _doomed(self, key: str, there: set[str]) -> list[dict[str, str]]:
        """What to delete of one object: it, or every version and every mark of its deletion."""
        if self.every_version:
            return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in self._states(key)]
        return [{"Key": self.folder + key}] if key in there else []

    def _delete(self, states: Sequence[Mapping[str, str]]) -> dict[str, str]:
        """The keys the server refused to delete, with its code."""
        if not states:
            return {}
        answer = self._call("delete_objects", Delete={"Objects": list(states), "Quiet": True})
        errors = (answer or {}).get("Errors", ())
        return {one["Key"][len(self.folder) :]: str(one.get("Code", "")) for one in errors}

    def _outcome(self, key: str, was_there: bool, code: str | None, versioned: bool) -> Outcome:
        if code is not None:
            why = f"The bucket refuses deleting it ({code}): grant the right, or wait for its lock."
            return Done.FAILED, why
        left = sum(not one.get("marker") for one in self._states(key)) if versioned else 0
        if left:
            return Done.FAILED, (
                f"The bucket keeps {left} older version{'s' * (left > 1)} of it. Set versions = "
                "true to delete them too, or let the bucket's own rules end them."
            )
        return (Done.ERASED, "") if was_there else (Done.MISSING, "")

    def _keeps_versions(self) -> bool:
        """Whether deleting leaves something behind; asked each time, since it can be switched."""
        return "Status" in (self._call("get_bucket_versioning") or {})

    def _states(self, key: str) -> list[dict[str, Any]]:
        full = self.folder + key
        found = []
        for one in self._versions(full):
            if one["Key"] != full:
                break
            found.append(one)
        return found

    def _latest(self, prefix: str) -> Iterator[dict[str, Any]]:
        for answer in self._pages("list_objects_v2", prefix, ("ContinuationToken",)):
            yield from answer.get("Contents", ())

    def _versions(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Every state of every key in order, the latest of a key first; marks of deletion too."""
        marks = ("KeyMarker", "VersionIdMarker")
        for answer in self._pages("list_object_versions", prefix, marks):
            gone = [{**one, "marker": True} for one in answer.get("DeleteMarkers", ())]
            yield from sorted([*answer.get("Versions", ()), *gone], key=itemgetter("Key"))

    def _pages(self, what: str, prefix: str, marks: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Every page of a listing; NeedsHuman where the server does not say that it was the last.

        A page is asked for by what the one before it names as `Next…` for each of `marks`.
        """
        more: dict[str, Any] = {}
        while True:
            answer = self._found(self._call(what, Prefix=prefix, MaxKeys=MOST, **more))
            yield answer
            if answer.get("IsTruncated") is False:
                return
            found = {mark: answer.get(f"Next{mark}") for mark in marks}
            if not answer.get("IsTruncated") or not found[marks[0]] or found == more:
                raise NeedsHuman(
                    "The store lists files and does not say whether, or where, there are more: it "
                    "is not known whether that was all. Ask whoever runs it."
                )
            more = {mark: value for mark, value in found.items() if value is not None}

    def _found(self, answer: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if answer is None:
            raise NeedsHuman("The bucket is not there. Restore it, or correct url.")
        return answer

    def _call(self, what: str, **given: Any) -> dict[str, Any] | None:
        """The server's answer, or None where what is asked for is not there."""
        with _named_failures():
            try:
                answer: dict[str, Any] = self._s3.call_s3(what, Bucket=self.bucket, **given)
            except FileNotFoundError:
                return None
            return answer


@cache
def _session() -> AioSession:
    """One for the process: it holds no credentials, and loads the whole API's description."""
    return AioSession()


def _version(state: Mapping[str, Any]) -> Version:
    latest = state.get("IsLatest", True)
    number = LATEST if latest else str(state["VersionId"])
    return Version(number, int(state["Size"]), iso(state["LastModified"]))


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except PermissionError:
        raise NeedsHuman(
            "The store refuses these credentials, or they lack a right (to list, read, delete, and "
            "ask about versions). Correct key and secret in options, or grant it.",
            code="refused",
        ) from None
    except (OSError, BotoCoreError) as error:
        raise Later(f"The store cannot be reached ({type(error).__name__}).") from None
