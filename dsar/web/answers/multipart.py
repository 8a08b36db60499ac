"""Reads a form with files as it comes in (multipart/form-data, RFC 7578): nothing is held whole.

Fields are kept up to a limit; the bytes of a file go straight into the drop that seals them.
"""

import re
from dataclasses import dataclass, field

from dsar.domain.errors import BadInput
from dsar.services.inquiries.files import Drop, IncomingFile

MOST_FIELDS = 20_000
LONGEST_FIELD = 100_000
LONGEST_FIELDS = 8_000_000
_LONGEST_HEAD = 8_000
_NAME = re.compile(rb'[;\s]name="([^"]*)"')
_FILENAME = re.compile(rb'[;\s]filename="([^"]*)"')
_TYPE = re.compile(rb"^content-type:\s*([\w.+-]+/[\w.+-]+)", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?')
_ESCAPES = ((b"%22", b'"'), (b"%0D", b" "), (b"%0A", b" "))


def broken() -> BadInput:
    """Whoever sent this did not send what a browser sends."""
    return BadInput("form", "did not arrive whole.", "Load the page again and send it once more.")


@dataclass(slots=True)
class MultipartForm:
    """What a form came to: its fields by name, the last of each, and its files with their field."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, IncomingFile]] = field(default_factory=list)


class Reader:
    """Feed it the body as it comes; `form` is complete once `finish` did not complain."""

    def __init__(self, content_type: str, drop: Drop) -> None:
        found = _BOUNDARY.search(content_type)
        if found is None:
            raise broken()
        self.form = MultipartForm()
        self._drop = drop
        self._mark = b"\r\n--" + found[1].encode()
        self._waiting = bytearray(b"\r\n")
        self._name = ""
        self._text: bytearray | None = None
        self._file = False
        self._step = self._body
        self._over = False
        self._left = LONGEST_FIELDS

    def feed(self, data: bytes) -> None:
        """The next bytes. Raises BadInput where a limit is reached."""
        self._waiting += data
        while not self._over and self._step():
            pass

    def finish(self) -> MultipartForm:
        """The whole form."""
        if not self._over:
            raise broken()
        return self.form

    def _body(self) -> bool:
        """Takes what surely belongs to the part; True when its end was found."""
        at = self._waiting.find(self._mark)
        sure = at if at >= 0 else max(0, len(self._waiting) - len(self._mark))
        self._give(bytes(self._waiting[:sure]))
        del self._waiting[:sure]
        if at < 0:
            return False
        del self._waiting[: len(self._mark)]
        self._end_part()
        self._step = self._after_mark
        return True

    def _after_mark(self) -> bool:
        if len(self._waiting) < 2:
            return False
        self._over = self._waiting[:2] == b"--"
        self._step = self._head
        return True

    def _head(self) -> bool:
        end = self._waiting.find(b"\r\n\r\n")
        if end < 0:
            if len(self._waiting) > _LONGEST_HEAD:
                raise broken()
            return False
        head = bytes(self._waiting[:end])
        del self._waiting[: end + 4]
        self._begin_part(head)
        self._step = self._body
        return True

    def _begin_part(self, head: bytes) -> None:
        name, filename = _NAME.search(head), _FILENAME.search(head)
        if name is None:
            raise broken()
        self._name = _plain(name[1])
        self._file = filename is not None and filename[1] != b""
        self._text = None if filename is not None else bytearray()
        if filename is not None and self._file:
            kind = _TYPE.search(head)
            media_type = kind[1].decode() if kind else "application/octet-stream"
            dropped = self._drop.begin(_plain(filename[1]), media_type)
            self.form.files.append((self._name, dropped))

    def _give(self, data: bytes) -> None:
        if self._file:
            self._drop.write(data)
        elif self._text is not None:
            self._text += data
            self._left -= len(data)
            if len(self._text) > LONGEST_FIELD or self._left < 0:
                raise BadInput("form", "has a text that is too long.", "Send it as a file.")

    def _end_part(self) -> None:
        if self._file:
            self._drop.end()
        elif self._text is not None:
            if len(self.form.fields) >= MOST_FIELDS:
                raise BadInput("form", "has too many fields.", "Send a file instead.")
            text = self._text.decode("utf-8", "replace").replace("\r\n", "\n")
            self.form.fields[self._name] = text
        self._file, self._text = False, None


def _plain(name: bytes) -> str:
    """A name as browsers write it in a header."""
    for escape, sign in _ESCAPES:
        name = name.replace(escape, sign)
    return name.decode("utf-8", "replace")
