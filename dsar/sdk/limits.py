"""How much one source may answer, and what a record may be made of.

The engine enforces this for every adapter, whoever wrote it. A limit that is reached is said, with
the setting that raises it, and goes to a person; nothing is ever cut silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one source; `[NAME.limits]` in sources.toml overrides each by its name.

    Per search of one person, per page, per record, in seconds and MiB as the names say.
    `memory_mb` and `processor_seconds` hold for adapters that run in a process of their own.
    """

    #: Records one search may give.
    records: int = 1_000_000
    #: Pages one search may give.
    pages: int = 100_000
    #: Records on one page: a page is kept in memory.
    page_records: int = 10_000
    #: Further identifiers of the person one page may bring.
    identifiers: int = 100
    #: MiB of JSON one value, one record, one page and one search may have.
    value_mb: int = 8
    record_mb: int = 16
    page_mb: int = 64
    search_mb: int = 4_096
    #: How deep lists and tables may stand in each other within a record.
    depth: int = 32
    #: Attachments of one record, MiB of one attachment and of all those of a search.
    attachments: int = 1_000
    attachment_mb: int = 256
    attachments_mb: int = 4_096
    #: Seconds until a page, a batch of receipts or a block of an attachment must be there.
    page_seconds: float = 300.0
    #: Seconds one attempt at a search may last.
    search_seconds: float = 21_600.0
    #: MiB of memory an adapter in a process of its own may use.
    memory_mb: int = 512
    #: Seconds of processor time one task of such an adapter may use.
    processor_seconds: int = 600


_PLAIN = (str, int, bool, type(None))


def fault_in(data: Mapping[Any, Any], *, depth: int) -> tuple[str, str] | None:
    """The first value of a record that is no JSON value: its field, and what is wrong; or None.

    NaN and the infinities, text that is no valid Unicode, bytes, dates, tables with other keys than
    text, and lists and tables deeper in each other than `depth`.
    """
    for name, value in data.items():
        if not isinstance(name, str):
            return "", "has a field whose name is no text"
        if (wrong := _wrong(name, 0) or _wrong(value, depth)) is not None:
            return name, wrong
    return None


def _wrong(value: Any, depth: int) -> str | None:
    if isinstance(value, str):
        return None if _is_unicode(value) else "holds text that is no valid Unicode"
    if isinstance(value, float):
        finite = value - value == 0.0
        return None if finite else "holds a number that is not finite (NaN or infinity)"
    if isinstance(value, _PLAIN):
        return None
    if isinstance(value, list | tuple | Mapping):
        return _wrong_within(value, depth)
    return f"holds a {type(value).__name__[:40]}, which is no JSON value"


def _wrong_within(value: Any, depth: int) -> str | None:
    if depth <= 0:
        return "holds lists or tables deeper in each other than its limit allows"
    inner = list(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and _is_unicode(key) for key in value):
            return "holds a table with a key that is no text"
        inner = list(value.values())
    found = (_wrong(one, depth - 1) for one in inner)
    return next((wrong for wrong in found if wrong is not None), None)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
