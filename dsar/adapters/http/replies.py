"""An answer, read whole under a cap, and its JSON read strictly."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsar.adapters.json_values import plain, sound
from dsar.sdk import NeedsHuman

_JSON = ("application/json", "text/json")
#: Other types worth naming; what else a system calls its answer is its own text, and not repeated.
_NAMED = {"text/html": "a web page", "text/plain": "plain text", "application/xml": "XML"}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers (names in lower case) and body of one answer.

    `host` is for messages; `url` is what was asked, for what is relative to it, and for no message.
    """

    host: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b"")
    url: str = field(repr=False, default="")

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The JSON value; NeedsHuman where it is another type, malformed or too deep.

        NaN and infinities become text, lone surrogates U+FFFD, as in every source.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _JSON and not kind.endswith("+json"):
            raise NeedsHuman(
                f"{self.host} answered {_NAMED.get(kind, 'something')} where JSON was expected. "
                "Correct the path in the declaration."
            )
        try:
            text = self.body.decode("utf-8-sig")
            return plain(
                json.loads(text, parse_constant=str, parse_float=_number, parse_int=_whole)
            )
        except (ValueError, RecursionError):
            raise NeedsHuman(
                f"{self.host} answered malformed JSON. Have it mended there, then try again.",
                code="unreadable",
            ) from None


def _whole(text: str) -> int | str:
    return int(text) if len(text) < 19 else sound(text)


def _number(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else sound(text)
