"""A small disk for the bundles, so that it can be full: a file system in memory of a few megabytes."""

import errno
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

#: Room for the bundles of a run beside what fills the disk up.
BYTES_A_BUNDLE = 64 * 1024
LEAST_BYTES = 8 * 1024 * 1024


class SmallDisk:
    """Mounted on a folder for the length of a block; `missing` says why where that is not allowed.

    Mounting needs the right to administer the machine, which a test need not have: without it the
    folder stays where it is and is never full.
    """

    def __init__(self, folder: Path, *, bundles: int) -> None:
        self.folder = folder
        self.size = LEAST_BYTES + bundles * BYTES_A_BUNDLE
        self.missing = "not mounted yet"

    def __enter__(self) -> Self:
        options = f"size={self.size},mode=0700"
        command = ["mount", "-t", "tmpfs", "-o", options, "dsar-faults", str(self.folder)]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except OSError as error:
            self.missing = f"mount cannot be run: {error.strerror}"
        else:
            self.missing = "this user may not mount a file system" if done.returncode else ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if not self.missing:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Writes until there is no room for another byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for block in (1 << 20, 1 << 12, 1):
                while self._wrote(file.fileno(), block):
                    continue

    def _wrote(self, number: int, block: int) -> bool:
        try:
            return os.write(number, b"\0" * block) == block
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return False

    def free(self) -> None:
        """There is room again."""
        self._ballast.unlink(missing_ok=True)
