"""What a system holds, in the form a person's identifiers are compared in."""

import unicodedata
from collections.abc import Sequence

#: What stands between the digits of a telephone number and is no part of it.
SEPARATORS = " -./()"


def exact(kind: str, text: str, folded: Sequence[str]) -> str:
    """A stored identifier in the normal form the person's are in; `folded` kinds without case."""
    text = unicodedata.normalize("NFC", text).strip()
    if kind not in folded:
        return text
    if kind == "phone":
        return "".join(sign for sign in text if sign not in SEPARATORS)
    return text.lower()
