"""When a record of an answer is the person's: it carries, in exact normal form, what was asked."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from dsar.adapters.rest import paths
from dsar.adapters.rest.settings import Find


def exact(kind: str, text: str, folded: Sequence[str]) -> str:
    """A value in the normal form the person's identifiers are in."""
    text = unicodedata.normalize("NFC", text).strip()
    if kind not in folded:
        return text
    if kind == "phone":
        return "".join(sign for sign in text if sign not in " -./()")
    return text.lower()


def carried(way: Find, record: Mapping[str, Any], folded: Sequence[str]) -> set[str]:
    """What the record carries at the paths `match`, in normal form."""
    return {exact(way.by, text, folded) for path in way.match for text in paths.texts(record, path)}
