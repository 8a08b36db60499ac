"""A file put in the place of another at once: readers see the old one or the new one, whole."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from dsar.sdk import Later, NeedsHuman


def replace(path: Path, write_into: Callable[[BinaryIO], None]) -> None:
    """Writes the file beside itself, on the disk for sure, then puts it in its place.

    It keeps mode and owner. Raises Later where the disk is full, NeedsHuman where we may not write.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    except OSError as error:
        raise _refused(path, error) from None
    try:
        with os.fdopen(handle, "wb") as written:
            write_into(written)
            written.flush()
            os.fsync(written.fileno())
        _keep_owner(path, Path(name))
        Path(name).replace(path)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        with suppress(FileNotFoundError):  # it has taken its place
            Path(name).unlink()
    _sync_folder(path.parent)


def _keep_owner(old: Path, new: Path) -> None:
    shutil.copymode(old, new)
    status = old.stat()
    if (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
        os.chown(new, status.st_uid, status.st_gid)


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(path: Path, error: OSError) -> Exception:
    if error.errno == errno.ENOSPC:
        return Later("The disk of the folder is full.", 600)
    return NeedsHuman(
        f"The folder refuses writing {path.name} ({error.strerror}). "
        "Give this process the right to change it.",
        code="refused",
    )
