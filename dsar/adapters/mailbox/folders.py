"""Names of IMAP folders as the wire carries them: modified UTF-7 (RFC 3501 section 5.1.3)."""

import base64
import binascii
import re

from dsar.sdk import NeedsHuman

_RUN = re.compile(r"[^\x20-\x7e]+|&")
_ENCODED = re.compile(r"&([^-]*)-")


def to_wire(name: str) -> str:
    """The name as it is sent."""
    return _RUN.sub(lambda found: _encoded(found[0]), name)


def _encoded(run: str) -> str:
    if run == "&":
        return "&-"
    text = base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{text}-"


def from_wire(name: str) -> str:
    """The name as people read it; as it stands where it is not well formed."""
    try:
        return _ENCODED.sub(lambda found: _decoded(found[1]), name)
    except (binascii.Error, UnicodeDecodeError):
        return name


def _decoded(text: str) -> str:
    if not text:
        return "&"
    padded = text.replace(",", "/") + "=" * (-len(text) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be")


def quoted(wire: str) -> str:
    """A name on the wire as a quoted string; raises NeedsHuman where that cannot hold it."""
    if not wire.isascii() or not wire.isprintable():
        raise NeedsHuman("A folder's name holds signs IMAP cannot carry. Rename it.")
    escaped = wire.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
