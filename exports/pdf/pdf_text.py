"""Reads the text of a report back from its PDF, glyph by glyph: what a person sees and hears.

Reads only what `exports.pdf.streaming` writes, and without a PDF library: enough to prove an
absence.
"""

import re
import zlib
from collections.abc import Iterator, Mapping

_OBJECT = re.compile(rb"(\d+) 0 obj\n(<<(?:(?!endobj|stream).)*?>>)\nstream\n", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d+)")
_FONT = re.compile(rb"/BaseFont /([A-Z]{6})\+[^<>]*?/ToUnicode (\d+) 0 R")
_PAIR = re.compile(rb"<([0-9a-f]+)> <([0-9a-f]+)>")
_TOLD = re.compile(
    rb"/([A-Z]{6}) [0-9.]+ Tf|\[(.*?)\] TJ|/ActualText <feff([0-9a-f]+)>|(EMC)", re.DOTALL
)
_BY_NUMBER = re.compile(r"⟨U\+([0-9A-F]{4,6})⟩")
_HEX = re.compile(rb"<([0-9a-f]*)>")
_UTF16 = re.compile(rb"<feff((?:[0-9a-f]{4})+)>")


def bare(text: str) -> str:
    """Letters and digits alone, without what a layout adds, drops, breaks or shows by number."""
    text = _BY_NUMBER.sub(lambda match: chr(int(match[1], 16)), text)
    return re.sub(r"[\W_]+", "", text).lower()


def streams(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each stream of a report, unpacked, by its object's number."""
    for match in _OBJECT.finditer(content):
        length = _LENGTH.search(match[2])
        raw = content[match.end() : match.end() + int(length[1] if length else 0)]
        yield int(match[1]), zlib.decompress(raw) if b"/FlateDecode" in match[2] else raw


def unhexed(stream: bytes) -> bytes:
    """A stream with its strings of UTF-16 (titles, bookmarks) written out in UTF-8."""
    return _UTF16.sub(lambda match: _said(match[1]).encode(), stream)


def pages(found: Mapping[int, bytes]) -> Iterator[str]:
    """The text of each page, given all streams: what its glyphs spell, or what stands for them."""
    fonts = {
        name: _letters(found.get(int(number), b""))
        for stream in found.values()
        for name, number in _FONT.findall(stream)
    }
    for stream in found.values():
        if b" TJ" in stream:
            yield "".join(_page(stream, fonts))


def _letters(table: bytes) -> dict[bytes, str]:
    return {glyph: _said(text) for glyph, text in _PAIR.findall(table)}


def _said(text: bytes) -> str:
    return bytes.fromhex(text.decode()).decode("utf-16-be", "replace")


def _page(stream: bytes, fonts: Mapping[bytes, dict[bytes, str]]) -> Iterator[str]:
    letters: dict[bytes, str] = {}
    mute = False
    for font, shown, said, end in _TOLD.findall(stream):
        if font:
            letters = fonts.get(font, {})
        elif said:
            mute = True
            yield _said(said)
        elif end:
            mute = False
        elif not mute:
            for run in _HEX.findall(shown):
                yield "".join(letters.get(run[i : i + 4], "") for i in range(0, len(run), 4))
