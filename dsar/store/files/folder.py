"""Files in a folder of this machine: written beside their place, then renamed into it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from dsar.store.files.places import FileGone, StoredFile


class FolderStore:
    """A store in a local folder, which must be on the disk that `put` takes its files from."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def put(self, name: str, source: Path) -> None:
        """Renames the file into its place; it was written and synced beside it."""
        place = self._place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        source.replace(place)
        number = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def open(self, name: str) -> IO[bytes]:
        try:
            return self._place(name).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise FileGone("The file of this bundle is gone.") from None

    def remove(self, name: str) -> None:
        self._place(name).unlink(missing_ok=True)

    def lying(self, folder: str) -> Iterator[StoredFile]:
        for path in sorted(self._place(folder).glob("[!.]*")):
            if path.is_file():
                since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                yield StoredFile(path.relative_to(self._root).as_posix(), since)

    def where(self, name: str) -> str:
        return str(self._root / name)

    def check(self) -> None:
        if self._root.exists() and not os.access(self._root, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(13, "the folder of bundles may not be written to")

    def _place(self, name: str) -> Path:
        """A name from the database never leads out of the folder."""
        place = (self._root / name).resolve()
        if not place.is_relative_to(self._root):
            raise FileGone("The file of this bundle is gone.")
        return place
