"""What a value looks like on paper: safe to lay out, safe to archive, nothing hidden.

The data files keep every value exactly. On paper a value may not stop the layout (very long words
and stacks of accents take minutes), may not break PDF/A (characters that no font can show) and may
not disguise itself. So whatever cannot be printed becomes visible as ⟨U+0007⟩, and what is too long
says where it continues.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

#: A value longer than this many characters continues in the data file.
LONGEST = 2_000
#: No more line breaks than this are kept; the rest become a mark.
MOST_LINES = 40
_LONGEST_WORD = 40
_LONG_WORD = re.compile(rf"[^ \n]{{{_LONGEST_WORD + 1}}}")
_BREAK_EVERY = 20
_MOST_MARKS = 8
_DEEPEST = 8
_ZERO_WIDTH_SPACE = "\u200b"
#: First strong isolate and its end (Unicode UAX 9): a value cannot turn its neighbours round.
_ISOLATE, _END = "\u2068", "\u2069"
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
#: What turns letters round that read the other way by themselves: only ever a disguise, as of the
#: ending of a file.
_OVERRIDES = frozenset("\u202d\u202e")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"})


def printable(value: Any, *, yes: str = "yes", no: str = "no", more: str = "…") -> str:
    """One value of a record as text for paper; "" for null.

    `yes` and `no` stand for booleans; `more` follows a value that was cut at `LONGEST` characters.
    """
    text = as_text(value, yes=yes, no=no)
    if len(text) <= _LONGEST_WORD and text.isascii() and text.isprintable():
        return text
    cut = len(text) > LONGEST
    return laid_out(text[:LONGEST]) + (more if cut else "")


def as_text(value: Any, *, yes: str = "yes", no: str = "no") -> str:
    """The value's own text before anything is done to print it; lists and objects are flattened."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes if value else no
    if isinstance(value, Mapping | list | tuple):
        return "; ".join(_flat(value, "", 0))
    return str(value)


def _flat(value: Any, path: str, depth: int) -> Iterator[str]:
    if depth < _DEEPEST and isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path} › {key}" if path else str(key), depth + 1)
    elif depth < _DEEPEST and isinstance(value, list | tuple):
        for inner in value:
            yield from _flat(inner, path, depth + 1)
    else:
        text = _shallow(value)
        yield f"{path}: {text}" if path else text


def _shallow(value: Any) -> str:
    """A single value; what lies deeper than people can follow is written as JSON."""
    if not isinstance(value, Mapping | list | tuple):
        return as_text(value)
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "…"


def laid_out(text: str) -> str:
    """The text with every character visible, long words breakable and directions isolated."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if not text.isascii() or not text.replace("\n", "").isprintable():
        text = "".join(_visible(text))
    if text.count("\n") > MOST_LINES:
        text = text.replace("\n", " ¶ ")
    text = _breakable(text)
    if text.isascii():
        return text
    if any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in _beyond_latin(text)):
        return f"{_ISOLATE}{text}{_END}"
    return text


def _visible(text: str) -> Iterator[str]:
    marks = 0
    for sign in text:
        kind = "Ll" if sign == "\n" else unicodedata.category(sign)
        marks = marks + 1 if kind[0] == "M" else 0
        if kind in _UNPRINTABLE or sign in _OVERRIDES or "\ufdd0" <= sign <= "\ufdef":
            yield f"⟨U+{ord(sign):04X}⟩"
        elif marks <= _MOST_MARKS:
            yield sign
        elif marks == _MOST_MARKS + 1:
            yield "…"


def _beyond_latin(text: str) -> Iterator[str]:
    return (sign for sign in text if sign > "\u058f")


def _breakable(text: str) -> str:
    if len(text) <= _LONGEST_WORD or not _LONG_WORD.search(text):
        return text
    return "".join(_broken(word) for word in re.split(r"([ \n])", text))


def _broken(word: str) -> str:
    if len(word) <= _LONGEST_WORD:
        return word
    return _ZERO_WIDTH_SPACE.join(
        word[start : start + _BREAK_EVERY] for start in range(0, len(word), _BREAK_EVERY)
    )
