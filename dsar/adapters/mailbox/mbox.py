"""A person's messages in mbox files (RFC 4155), read a line at a time, written anew to erase.

A message is named by its file and the hash of its content: it keeps its name when others go.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as replaced
from email.parser import BytesHeaderParser
from functools import partial
from pathlib import Path
from typing import BinaryIO

from dsar.adapters.mailbox.addresses import MessageMatcher
from dsar.adapters.mailbox.mailbox_settings import MailboxSettings
from dsar.adapters.mailbox.mails import Mail
from dsar.adapters.replacement import replace
from dsar.sdk import Done, Later, NeedsHuman, Problem

Outcome = tuple[Done, str]

_BLOCK = 1024 * 1024
_HEADER_LIMIT = 1024 * 1024
#: A line between messages also where the blank line before it is missing: it ends in a date.
_DATED = re.compile(rb"From .*\d{1,2}:\d{2}(?::\d{2})?.* \d{4}")


@dataclass(frozen=True, slots=True)
class MessageLines:
    """Where a message stands: `start` to `stop`; `line` to `end` with what parts it from others."""

    line: int
    start: int
    stop: int
    end: int


class MboxFiles:
    """The mbox files of one folder, or one file."""

    def __init__(self, settings: MailboxSettings) -> None:
        self.settings = settings
        self.path = settings.mbox or Path()

    def problems(self) -> Iterator[Problem]:
        try:
            for path in self._files():
                with _reading(path) as source:
                    next(_spans(path, source), None)
        except NeedsHuman as failure:
            yield Problem("mbox", failure.reason, "Until then nothing can be searched.")

    def mails(self, seeker: MessageMatcher, checkpoint: str | None) -> Iterator[Mail]:
        """The person's messages, file by file; twice the same message is one."""
        start = _start(checkpoint)
        paths = self._files()
        hashes = [_hashed(path.name) for path in paths]
        first = hashes.index(start[0]) if start and start[0] in hashes else 0
        for path in paths[first:]:
            stamp = _stamp(path)
            behind = start[2] if start and start[:2] == (_hashed(path.name), stamp) else -1
            seen: set[str] = set()
            for span, mail in self._in_file(path, stamp, seeker):
                if mail.key not in seen and span.line > behind:
                    yield mail
                seen.add(mail.key)

    def _files(self) -> Sequence[Path]:
        """The files by name; raises NeedsHuman where there is none."""
        if self.path.is_file():
            return [self.path]
        if not self.path.is_dir():
            raise NeedsHuman(f"{self.path.name} is not there. Restore it, or correct mbox.")
        found = sorted(path for path in self.path.glob("*.mbox") if path.is_file())
        if not found:
            raise NeedsHuman(f"{self.path.name} holds no .mbox file. Restore it, or correct mbox.")
        return found

    def _in_file(
        self, path: Path, stamp: str, seeker: MessageMatcher
    ) -> Iterator[tuple[MessageLines, Mail]]:
        with _reading(path) as source:
            for span in _spans(path, source):
                header = _header(source, span)
                match = seeker.match(BytesHeaderParser().parsebytes(header))
                if match is None and len(header) >= _HEADER_LIMIT:
                    raise NeedsHuman(
                        f"{path.name} holds a message whose header is too long.", code="unreadable"
                    )
                if match is not None:
                    mark = json.dumps([_hashed(path.name), stamp, span.line])
                    small = span.stop - span.start <= self.settings.largest_bytes
                    yield (
                        span,
                        Mail(
                            key=f"{path.name}/{_digest(source, span)}",
                            folder=path.name,
                            received=None,
                            size=span.stop - span.start,
                            header=header,
                            whole=b"".join(_bytes(source, span)) if small else None,
                            match=match,
                            checkpoint=mark,
                        ),
                    )

    def blocks(self, key: str) -> Iterator[bytes]:
        """The message as it came, block by block. Raises NeedsHuman where it is gone."""
        path = self._file_of(key)
        if path is not None:
            with _reading(path) as source:
                for span in _spans(path, source):
                    if key == f"{path.name}/{_digest(source, span)}":
                        yield from _bytes(source, span)
                        return
        raise NeedsHuman("The message is not there any more. Search again.", code="not_there")

    def there(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        """Whether each message is there; nothing is changed."""
        found = self._found(keys)
        kept = (Done.KEPT, "The message is there.")
        return {key: kept if key in found else (Done.MISSING, "") for key in keys}

    def erase(self, keys: Sequence[str]) -> Mapping[str, Outcome]:
        """Writes each file that holds one of these messages anew without them."""
        found: set[str] = set()
        for path in sorted({path for key in keys if (path := self._file_of(key))}):
            with _locked(path):
                own = self._found([key for key in keys if self._file_of(key) == path])
                if own:
                    replace(path, partial(_write_others, path, own))
            found |= own
        return {key: (Done.ERASED if key in found else Done.MISSING, "") for key in keys}

    def _found(self, keys: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for path in sorted({path for key in keys if (path := self._file_of(key))}):
            with _reading(path) as source:
                for span in _spans(path, source):
                    found.add(f"{path.name}/{_digest(source, span)}")
        return found & set(keys)

    def _file_of(self, key: str) -> Path | None:
        """The file a key names, among those that are there: a key is never a path."""
        name = key.rpartition("/")[0]
        return next((path for path in self._files() if path.name == name), None)


def _start(checkpoint: str | None) -> tuple[str, str, int] | None:
    if checkpoint is None:
        return None
    try:
        file, stamp, line = json.loads(checkpoint)
        return str(file), str(stamp), int(line)
    except (ValueError, TypeError):
        raise NeedsHuman(
            "The checkpoint is not one of this source's. Start the search anew."
        ) from None


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _stamp(path: Path) -> str:
    """Changes whenever the file does."""
    status = path.stat()
    return _hashed(f"{status.st_mtime_ns} {status.st_size}")


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as source:
            yield source
    except OSError as error:
        raise NeedsHuman(
            f"{path.name} cannot be read: {error.strerror}.", code="unreadable"
        ) from None


def _spans(path: Path, source: BinaryIO) -> Iterator[MessageLines]:
    """Every message; the reader may move in the file meanwhile."""
    begun: tuple[int, int] | None = None
    place, stop, at_start, blank = 0, 0, True, True
    source.seek(0)
    while line := source.readline(_BLOCK):
        after = place + len(line)
        if at_start and line.startswith(b"From ") and (blank or _DATED.match(line)):
            if begun:
                yield MessageLines(*begun, stop, place)
                source.seek(after)
            begun = (place, after)
        elif begun is None and line.strip():
            raise NeedsHuman(
                f"{path.name} is no mbox file: it begins with no From line.", code="unreadable"
            )
        blank = at_start and not line.strip()
        stop = place if blank else after
        at_start = line.endswith(b"\n")
        place = after
    if begun:
        yield MessageLines(*begun, stop, place)


def _bytes(source: BinaryIO, span: MessageLines) -> Iterator[bytes]:
    source.seek(span.start)
    left = span.stop - span.start
    while left and (block := source.read(min(_BLOCK, left))):
        left -= len(block)
        yield block


def _digest(source: BinaryIO, span: MessageLines) -> str:
    digest = hashlib.sha256()
    for block in _bytes(source, span):
        digest.update(block)
    return digest.hexdigest()


def _header(source: BinaryIO, span: MessageLines) -> bytes:
    source.seek(span.start)
    head = source.read(min(_HEADER_LIMIT, span.stop - span.start))
    end = re.search(rb"\r?\n\r?\n", head)
    return head[: end.end()] if end else head


def _write_others(path: Path, gone: set[str], target: BinaryIO) -> None:
    with _reading(path) as source:
        for span in _spans(path, source):
            if f"{path.name}/{_digest(source, span)}" not in gone:
                target.writelines(_bytes(source, replaced(span, start=span.line, stop=span.end)))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds both locks that programs for mail know: on the file, and a file beside it."""
    busy = Later("Another program is writing to the mailbox.", 10)
    beside = path.with_name(f"{path.name}.lock")
    with _changing(path) as handle:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except (BlockingIOError, FileExistsError):
            raise busy from None
        except OSError as error:
            raise _refused(path, error) from None
        try:
            yield
        finally:
            beside.unlink()


def _changing(path: Path) -> BinaryIO:
    try:
        return path.open("rb+")
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> NeedsHuman:
    return NeedsHuman(
        f"The folder refuses changing {path.name} ({error.strerror}). Give this process the right.",
        code="refused",
    )
