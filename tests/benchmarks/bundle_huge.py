"""A bundle beyond 4 GiB: built and sealed, then read by other programs and checked by ours.

    python -m tests.benchmarks.bundle_huge [GIB]

A recording of so many GiB belongs to a record, so that sizes and offsets do not fit in 32 bits.
Python's zipfile reads it through the seal, as a download is read; `unzip` and `verify` read the
plain file. Needs room on disk for three times the size.
"""

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from dsar.domain.records import Attachment
from dsar.store.files.frames import FrameSeal, SealedReader
from exports import build, verify
from tests.benchmarks._company import show
from tests.exports.data import test_attachments as attached

_BLOCK = 1 << 20


def recording(gib: int) -> Iterator[bytes]:
    """Bytes that cannot be made smaller, as those of a recording; no two blocks are the same."""
    for number in range(gib << 10):
        yield hashlib.shake_128(number.to_bytes(8)).digest(_BLOCK)


def step(what: str, work: Callable[[], object]) -> None:
    """Does one thing and says what it took: seconds, and the most memory so far."""
    start = time.monotonic()
    work()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(what, seconds=time.monotonic() - start, peak_mb=memory)


def built(folder: Path, gib: int, seal: FrameSeal) -> Path:
    """The sealed bundle."""
    file = Attachment("call", "Call.mp3", "audio/mpeg", gib << 30)
    contents = attached.contents((file,), lambda _record, _file: recording(gib))
    return build(contents, folder / "bundle.sealed", seal_with=seal).path


def opened(sealed: Path, seal: FrameSeal) -> None:
    """Reads every member through the seal, and holds each against its checksum."""
    with sealed.open("rb") as file, zipfile.ZipFile(SealedReader(file, seal).stream()) as bundle:
        assert bundle.testzip() is None
        assert max(member.file_size for member in bundle.infolist()) > 1 << 32


def plain(sealed: Path, seal: FrameSeal) -> Path:
    """The bundle as it is handed over."""
    path = sealed.with_name("bundle.zip")
    with sealed.open("rb") as file, path.open("wb") as out:
        for block in SealedReader(file, seal).read():
            out.write(block)
    return path


def checked(path: Path) -> None:
    problems = verify(path)
    assert not problems, problems


def main() -> None:
    gib = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seal = FrameSeal(os.urandom(32), "huge")
    with tempfile.TemporaryDirectory() as folder:
        sealed, path = Path(folder) / "bundle.sealed", Path(folder) / "bundle.zip"
        step(f"build and seal {gib} GiB", lambda: built(Path(folder), gib, seal))
        step("read through the seal by zipfile", lambda: opened(sealed, seal))
        step("unseal", lambda: plain(sealed, seal))
        step("verify", lambda: checked(path))
        unzip = ["unzip", "-tqq", str(path)]
        step("unzip -t", lambda: subprocess.run(unzip, check=True))


if __name__ == "__main__":
    main()
