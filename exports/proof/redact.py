"""Proves that what was withheld is not in the finished bundle: a hit blocks its release.

Values are withheld before rendering; this searches for them afterwards: in every member and its
name, in every stream of the PDF and in the text its glyphs spell. Both sides are compared word by
word, without case, punctuation and the escapes of JSON, HTML and CSV, so that a value is found in
whatever form it slipped in, broken over lines or quoted. `telling` says which values can be
searched for at all.
"""

import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import IO, Any

from dsar.domain.errors import DsarError
from exports.contents import Contents, ReceiptSet, RecordSet
from exports.document import derivation
from exports.pdf import pdf_text
from exports.proof.check import BundleFault
from templates import FOLDER

#: Values with fewer letters and digits cannot be told from chance: "DE" or "42" stands everywhere.
SHORTEST = 4
#: Nor can numbers with fewer digits, nor dates: "2500" may be a sum, a year and a postcode.
SHORTEST_NUMBER = 7
#: A long text is searched for by so many of its first words: the report may print no more of it.
MOST_WORDS = 24
#: So many values are searched for in one reading of the bundle; that bounds memory.
BATCH = 10_000
_BLOCK, _OVERLAP = 1 << 20, 1 << 13
#: Longer words are looked for in pieces, which may end where a block of the file does.
_PIECE = 64

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.,]+(Z|[+-]\d\d:?\d\d)?)?")
_ESCAPED_CODES = re.compile(rb"(?:\\+u[0-9a-fA-F]{4})+")
_ESCAPED_SPACE = re.compile(rb"\\+[bfnrt]")
_ENTITY = re.compile(rb"&(?:amp|lt|gt|quot|#34|#39|#x27);")
#: What is written but not read: places to break, directions, soft hyphens.
_UNSEEN = re.compile(rb"\xe2\x80[\x8b-\x8f]|\xe2\x81[\xa0\xa6-\xa9]|\xc2\xad")
#: Spaces, dashes, quotes and full stops beyond ASCII.
_BETWEEN = re.compile(
    rb"\xe2\x80[\x80-\x8a\x90-\xaf\xb0-\xbf]|\xe2\x81[\x80-\x9f]"
    rb"|\xc2[\xa0-\xa9\xab\xac\xae-\xb1\xb4\xb6-\xb8\xbb\xbf]|\xd8[\x8c\x9b\x9f]|\xe0\xa5[\xa4\xa5]"
)
#: Signs of scripts that put no space between words, each a word of its own: CJK, kana and hangul
#: and their full-width forms; Thai, Lao and Tibetan; Burmese and Khmer.
_UNSPACED = re.compile(
    rb"[\xe3-\xed][\x80-\xbf]{2}|\xef[\xbc\xbd][\x80-\xbf]|\xe0[\xb8-\xbf][\x80-\xbf]"
    rb"|\xe1(?:[\x80-\x82]|[\x9e\x9f])[\x80-\xbf]"
)
#: ASCII letters small, digits as they are, all else between words; bytes beyond ASCII stay.
_LETTERS = bytes(
    ord(chr(code).lower()) if code > 127 or chr(code).isalnum() else ord(" ") for code in range(128)
) + bytes(range(128, 256))
Words = tuple[bytes, ...]


class LeakFound(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """The finished bundle holds what was withheld; it must not be released."""


@dataclass(frozen=True, slots=True)
class WithheldValue:
    """One value kept from the person; `place` names its field, as in `shop.orders.note`."""

    place: str
    value: Any


@dataclass(frozen=True, slots=True)
class _Clue:
    """Where a value came from, and what tells it from others without keeping it."""

    place: str
    mark: int
    bare: str


def leaks(
    bundle: Path | IO[bytes],
    withheld: Iterable[WithheldValue],
    *,
    released: Callable[[], Iterable[Any]] = tuple,
    everybody: Iterable[str] = (),
) -> list[BundleFault]:
    """Where the ZIP holds any of the withheld values, by member; never the value itself.

    A value is no leak where the person lawfully has it: if it is the whole of a value handed over
    elsewhere (`released`, read again only when something was found), or stands in what the bundle
    says to everybody. Memory does not grow with the number of values: they come in batches.
    """
    texts = [_words(text.encode("utf-8", "replace")) for text in everybody]
    waiting = iter(withheld)
    found: dict[str, set[str]] = defaultdict(set)
    with zipfile.ZipFile(bundle) as archive:
        while clues := _batch(waiting):
            hits = _search(archive, _Index({words: clue.bare for words, clue in clues.items()}))
            _forget_lawful(hits, clues, texts, released)
            for words, members in hits.items():
                for name in members:
                    found[name].add(clues[words].place)
        return [
            BundleFault(name, f"holds what was withheld as {', '.join(sorted(found[name]))}.")
            for name in archive.namelist()
            if name in found
        ]


def refuse(found: Sequence[BundleFault]) -> None:
    """Raises LeakFound, which names files and fields, if anything was found."""
    if found:
        told = " ".join(str(finding) for finding in found[:3])
        more = f" So do {len(found) - 3} more files." if len(found) > 3 else ""
        raise LeakFound(
            f"The bundle is not released: {told}{more} Revise: withhold it where it still stands, "
            "or rule release on that field if it may be known."
        )


def everybody(contents: Contents) -> Iterator[str]:
    """What a bundle says to anybody who asks, and what the person said: no secret of either.

    The remarks of staff and sources are not among it: a name may have slipped into them.
    """
    asked = contents.request
    yield from (asked.reference, asked.words)
    yield from derivation.told(asked.explanation, contents.words)
    known: list[RecordSet | ReceiptSet] = [*contents.sets, *contents.receipts]
    collections = [each.collection for each in known]
    yield from texts_of([asked.identifiers, contents.controller, contents.law])
    yield from texts_of([contents.activities, collections, contents.words.sections])
    yield from (line.title for line in contents.coverage)
    for file in sorted((FOLDER / "bundle").iterdir()):
        yield file.read_text("utf-8")


def texts_of(value: Any) -> Iterator[str]:
    """Every single value in a value, as text; nothing of what is empty, true or false."""
    if is_dataclass(value):
        value = [getattr(value, one.name) for one in fields(value)]
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_of(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def telling(text: str) -> Words:
    """The words a value is searched for by; () if it is too short or too common to tell anything.

    Nothing is concluded from fewer than `SHORTEST` letters and digits (a sign of a script without
    spaces counts twice), from dates, or from numbers of fewer than `SHORTEST_NUMBER` digits.
    """
    if _DATE.fullmatch(text.strip()):
        return ()
    words = tuple(_words(text.encode("utf-8", "replace"))[:MOST_WORDS])
    signs = b"".join(words)
    if signs.isdigit():
        return words if len(signs) >= SHORTEST_NUMBER else ()
    return words if sum(map(_signs, words)) >= SHORTEST else ()


def _signs(word: bytes) -> int:
    return 2 if _UNSPACED.fullmatch(word) else len(word.decode("utf-8", "replace"))


def _batch(waiting: Iterator[WithheldValue]) -> dict[Words, _Clue]:
    """The next distinct values that can be searched for."""
    found: dict[Words, _Clue] = {}
    for one in waiting:
        for text in texts_of(one.value):
            if words := telling(text):
                found.setdefault(
                    words, _Clue(one.place, hash(text), pdf_text.bare(text)[:_PRINTED])
                )
        if len(found) >= BATCH:
            break
    return found


def _words(text: bytes) -> list[bytes]:
    """The words of a text, of a value or of a part of a file, all brought to one form."""
    if b"\\" in text:
        text = _ESCAPED_SPACE.sub(b" ", _ESCAPED_CODES.sub(_decoded, text))
    if b"&" in text:
        text = _ENTITY.sub(b" ", text)
    if not text.isascii():
        text = _UNSPACED.sub(rb" \g<0> ", _BETWEEN.sub(b" ", _UNSEEN.sub(b"", text)))
    words = text.translate(_LETTERS).split()
    if max(map(len, words), default=0) > _PIECE:
        return [word[at : at + _PIECE] for word in words for at in range(0, len(word), _PIECE)]
    return words


def _decoded(match: re.Match[bytes]) -> bytes:
    codes = re.sub(rb"\\+u", b"", match[0]).decode()
    return bytes.fromhex(codes).decode("utf-16-be", "replace").encode()


class _Index:
    """The values of one batch by their longest word, and by the beginning of their bare text."""

    def __init__(self, values: Mapping[Words, str]) -> None:
        self._by_word: dict[bytes, list[tuple[int, Words]]] = defaultdict(list)
        self._by_start: dict[str, list[tuple[str, Words]]] = defaultdict(list)
        for words, bare in values.items():
            at = max(range(len(words)), key=lambda i: len(words[i]))
            self._by_word[words[at]].append((at, words))
            self._by_start[bare[:_START]].append((bare, words))
        self._lengths = {len(start) for start in self._by_start}

    def in_words(self, words: Sequence[bytes], found: set[Words]) -> None:
        """Adds to `found` the values that stand in a sequence of words."""
        hot = self._by_word.keys() & set(words)
        wanted = {
            word: left
            for word in hot
            if (left := [each for each in self._by_word[word] if each[1] not in found])
        }
        if not wanted:
            return
        for place, word in enumerate(words):
            for at, value in wanted.get(word, ()):
                if value not in found and tuple(words[place - at :][: len(value)]) == value:
                    found.add(value)

    def in_text(self, text: str, found: set[Words]) -> None:
        """Adds the values that stand in a bare text."""
        for length in self._lengths:
            starts = {text[i : i + length] for i in range(len(text) - length + 1)}
            for start in self._by_start.keys() & starts:
                found.update(words for bare, words in self._by_start[start] if bare in text)


#: So many first letters of a value are looked for in the text of a page before the rest of it,
#: and no more than this rest, which a report always prints.
_START, _PRINTED = 6, 200


def _search(archive: zipfile.ZipFile, index: _Index) -> dict[Words, list[str]]:
    """The members in which each value of a batch stands."""
    hits: dict[Words, list[str]] = defaultdict(list)
    for name in archive.namelist():
        found: set[Words] = set()
        index.in_words(_words(name.encode()), found)
        with archive.open(name) as file:
            for block in _blocks(file):
                index.in_words(_words(block), found)
        if name == "report.pdf":
            _search_report(archive.read(name), index, found)
        for words in found:
            hits[words].append(name)
    return hits


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """A file in blocks, each with the end of the one before."""
    before = b""
    while block := file.read(_BLOCK):
        yield before + block
        before = (before + block)[-_OVERLAP:]


def _search_report(content: bytes, index: _Index, found: set[Words]) -> None:
    streams = dict(pdf_text.streams(content))
    for stream in streams.values():
        index.in_words(_words(pdf_text.unhexed(stream)), found)
    before = ""
    for page in pdf_text.pages(streams):
        text = before + pdf_text.bare(page)
        index.in_text(text, found)
        before = text[-_PRINTED:]


def _forget_lawful(
    hits: dict[Words, list[str]],
    clues: Mapping[Words, _Clue],
    texts: Iterable[Sequence[bytes]],
    released: Callable[[], Iterable[Any]],
) -> None:
    """Takes away what everybody may know and what was handed over as a value of its own."""
    lawful: set[Words] = set()
    index = _Index(dict.fromkeys(hits, ""))
    for words in texts:
        index.in_words(words, lawful)
    for known in lawful:
        del hits[known]
    marks = {clues[words].mark: words for words in hits}
    for value in released() if marks else ():
        for text in texts_of(value):
            if (mark := hash(text)) in marks:
                del hits[marks.pop(mark)]
        if not marks:
            return
