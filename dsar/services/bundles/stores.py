"""The store of bundles that the settings name: the storage folder, or an S3-compatible store."""

import importlib.util
from dataclasses import dataclass, field

from dsar.config.settings import Settings
from dsar.domain.errors import BadInput
from dsar.sdk.settings import build
from dsar.services.runtime.installation import Installation
from dsar.store.files.folder import FolderStore
from dsar.store.files.objects import ObjectStore
from dsar.store.files.places import FileStore

_SCHEME = "s3://"
_TABLE = "bundle.store"


@dataclass(frozen=True, slots=True)
class BundlePlace:
    """`[bundle.store]`: where bundles lie. Key and secret by reference, or left to the machine."""

    url: str
    endpoint: str = ""
    region: str = ""
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


def files_of(installation: Installation) -> FileStore:
    """The house's store of bundles, made once."""
    found: FileStore | None = installation.cache.get("files")
    if found is None:
        found = installation.cache["files"] = store_of(installation.settings)
    return found


def store_of(settings: Settings) -> FileStore:
    """The store the settings name; raises BadInput naming the first thing that is wrong."""
    if not settings.bundle.store:
        return FolderStore(settings.at(settings.storage))
    place = build(BundlePlace, settings.bundle.store, at=_TABLE, folder=settings.folder)
    bucket, _, prefix = place.url.removeprefix(_SCHEME).partition("/")
    if not place.url.startswith(_SCHEME) or not bucket:
        mend = "Write s3://BUCKET/PREFIX, or leave [bundle.store] out for the storage folder."
        raise BadInput(f"{_TABLE}.url", "names no store that is known.", mend)
    if bool(place.key) != bool(place.secret):
        mend = "Give key and secret, or neither where the machine itself has the right."
        raise BadInput(_TABLE, "has only one half of the credentials.", mend)
    if importlib.util.find_spec("s3fs") is None:
        mend = "Install it: pip install 'dsar[s3]'."
        raise BadInput(f"{_TABLE}.url", "needs the package s3fs.", mend)
    return ObjectStore(bucket, prefix, place.endpoint, place.region, place.key, place.secret)
