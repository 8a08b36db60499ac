"""Proves that what was withheld is not in the finished bundle: a hit blocks its release.

Values are withheld before rendering; this searches for them afterwards, in every member as it
stands, in every stream of the PDF and in the text its glyphs spell, in each form in which the
writers of this package could have written them.
"""

import html
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from exports.check import Finding

#: Shorter values cannot be told from chance: "DE" or "42" stands in every file.
SHORTEST = 4
_BLOCK = 1 << 20
_OBJECT = re.compile(rb"(\d+) 0 obj\n(<<(?:(?!endobj|stream).)*?>>)\nstream\n", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d+)")
_FONT = re.compile(rb"/BaseFont /([A-Z]{6})\+[^<>]*?/ToUnicode (\d+) 0 R")
_PAIR = re.compile(rb"<([0-9a-f]+)> <([0-9a-f]+)>")
_SPOKEN = re.compile(
    rb"/([A-Z]{6}) [0-9.]+ Tf|\[(.*?)\] TJ|/ActualText <feff([0-9a-f]+)>", re.DOTALL
)
_HEX = re.compile(rb"<([0-9a-f]*)>")


def leaks(path: Path, withheld: Iterable[str]) -> list[Finding]:
    """Where the ZIP at `path` holds any of the withheld values, by member; never the value itself.

    Values of fewer than `SHORTEST` characters are not searched for.
    """
    wanted = [value for value in dict.fromkeys(withheld) if len(value.strip()) >= SHORTEST]
    if not wanted:
        return []
    with zipfile.ZipFile(path) as bundle:
        return [
            Finding(name, f"holds a value that was withheld ({where}). Do not release this bundle.")
            for name in bundle.namelist()
            for where in _found(bundle, name, wanted)
        ]


def _found(bundle: zipfile.ZipFile, name: str, wanted: list[str]) -> Iterator[str]:
    needles = [form for value in wanted for form in forms(value)]
    if any(needle in name.encode() for needle in needles):
        yield "in its name"
    with bundle.open(name) as file:
        if _in_stream(file, needles):
            yield "as it stands"
    if name.endswith(".pdf"):
        yield from _in_pdf(bundle.read(name), wanted, needles)


def forms(value: str) -> set[bytes]:
    """The value as JSON, CSV, HTML, a script and a PDF string write it."""
    plain = {value, html.escape(value), html.escape(value, quote=False), value.replace('"', '""')}
    for ascii_only in (False, True):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        plain |= {once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
    # Jinja writes quotes by number.
    plain.add(html.escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"))
    found = {text.encode("utf-8", "backslashreplace") for text in plain}
    return found | {value.encode("utf-16-be", "surrogatepass").hex().encode()}


def _in_stream(file: IO[bytes], needles: list[bytes]) -> bool:
    """Whether any needle stands in a stream, also across the borders of blocks."""
    overlap = max(map(len, needles)) - 1
    kept = b""
    while block := file.read(_BLOCK):
        kept += block
        if any(needle in kept for needle in needles):
            return True
        kept = kept[-overlap:] if overlap else b""
    return False


def _in_pdf(content: bytes, wanted: list[str], needles: list[bytes]) -> Iterator[str]:
    streams = dict(_streams(content))
    if any(needle in stream for stream in streams.values() for needle in needles):
        yield "in a stream of the PDF"
    spoken = _bare("".join(_spoken(streams)))
    if any(_bare(value) in spoken for value in wanted):
        yield "in the text of the PDF"


def _bare(text: str) -> str:
    """Text without what a layout adds or drops: spaces, line ends, places to break."""
    return re.sub(r"[\s\u200b\u2068\u2069\xad]+", "", text)


def _streams(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each stream of a PDF of ours, unpacked, by its object's number."""
    for match in _OBJECT.finditer(content):
        length = _LENGTH.search(match[2])
        raw = content[match.end() : match.end() + int(length[1] if length else 0)]
        yield int(match[1]), zlib.decompress(raw) if b"/FlateDecode" in match[2] else raw


def _spoken(streams: dict[int, bytes]) -> Iterator[str]:
    """The text the pages show, glyph by glyph, and what is said in place of glyphs."""
    fonts = {
        name: _letters(streams.get(int(number), b""))
        for stream in streams.values()
        for name, number in _FONT.findall(stream)
    }
    for stream in streams.values():
        if b" TJ" in stream:
            yield from _page(stream, fonts)


def _letters(table: bytes) -> dict[bytes, str]:
    return {
        glyph: bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
        for glyph, text in _PAIR.findall(table)
    }


def _page(stream: bytes, fonts: dict[bytes, dict[bytes, str]]) -> Iterator[str]:
    letters: dict[bytes, str] = {}
    for font, shown, said in _SPOKEN.findall(stream):
        if font:
            letters = fonts.get(font, {})
        for run in _HEX.findall(shown):
            yield "".join(letters.get(run[i : i + 4], "") for i in range(0, len(run), 4))
        if said:
            yield bytes.fromhex(said.decode()).decode("utf-16-be", "replace")
