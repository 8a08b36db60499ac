"""Lays out blocks of HTML in portions and writes them as one tagged PDF: PDF/A-3a and PDF/UA-1.

WeasyPrint keeps every box of a document until the end; a report of 20,000 lines would need some
gigabytes. Here a portion of blocks is laid out, its pages are painted into a growing file and its
boxes are dropped. The last page of a portion is not painted: its blocks begin the next portion, so
that the pages come out as if all had been laid out at once.

This module, with `report.archival`, is the only one that uses WeasyPrint beyond its public
interface, which is why the version is pinned; a test compares its pages with `write_whole`'s.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import IO, Any
from xml.etree import ElementTree as ET

import pydyf
from markupsafe import Markup, escape
from weasyprint import CSS, DEFAULT_OPTIONS, HTML
from weasyprint.anchors import make_page_bookmark_tree
from weasyprint.css.counters import CounterStyle
from weasyprint.document import Document as Layout
from weasyprint.document import Page
from weasyprint.formatting_structure.build import build_formatting_structure
from weasyprint.layout import layout_document
from weasyprint.matrix import Matrix
from weasyprint.pdf.anchors import add_links, add_outlines
from weasyprint.pdf.fonts import build_fonts_dictionary
from weasyprint.pdf.stream import Stream
from weasyprint.text.fonts import FontConfiguration

from exports.pdf import box_copies, table_lines
from exports.pdf.incremental_pdf import IncrementalPdf
from exports.pdf.pdf_a import NOTHING, Head, describe, metadata
from exports.pdf.portions import Block, Portion, body, elements, follows, limit_after, take
from exports.pdf.tags import Marks, Tags
from templates import FOLDER

#: So many running feet are laid out at once, at the end, when the number of pages is known.
_FEET = 50
#: PDF points to one CSS pixel.
_SCALE = 0.75
#: What every font of a text has; it need not be tried.
_EVERYWHERE = "".join(map(chr, range(0xA1, 0x100))) + "–—‘’‚“”„•…€\u200b"
#: The only addresses a report may lead to.
_SAFE = ("https://", "mailto:")


def page(head: Head, blocks: str) -> HTML:
    """A whole HTML page around blocks that are already escaped.

    Blocks that are XML too, as records are, take a fifth of the time to read.
    """
    try:
        body = ET.fromstring(f"<body>{blocks}</body>")  # noqa: S314 - our own, escaped
    except ET.ParseError:
        return _Page(string=_document(head, blocks), url_fetcher=NOTHING)
    found = _Page(string=_document(head, ""), url_fetcher=NOTHING)
    found.etree_element.find("body")[:] = body
    return found


def _document(head: Head, blocks: str) -> str:
    start = Markup('<!DOCTYPE html><html lang="{}"><meta charset=utf-8><title>{}</title>').format(
        head.language, head.title
    )
    return f"{start}<body>{blocks}"


class _Page(HTML):  # type: ignore[misc]
    """A page whose elements are those of a report: a fifth less to compute than all of HTML."""

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:  # noqa: ARG002
        return [_elements()]


@cache
def _elements() -> CSS:
    return _stylesheet((FOLDER / "pdf" / "elements.css").read_text("utf-8"), None)


def _stylesheet(text: str, fonts: FontConfiguration | None) -> CSS:
    return CSS(string=text, url_fetcher=NOTHING, font_config=fonts)


def _css(text: str) -> str:
    """A CSS string whose every character is data."""
    return '"' + "".join(f"\\{ord(sign):06x}" for sign in text) + '"'


def _margins(head: Head, number: str) -> str:
    """The rules for the foot of the pages; `number` is a CSS content list."""
    return f"@page{{@bottom-left{{content:{_css(head.foot)}}}@bottom-right{{content:{number}}}}}"


def _counters(head: Head) -> str:
    before, _, rest = head.number.partition("{page}")
    between, _, after = rest.partition("{pages}")
    return f"{_css(before)} counter(page) {_css(between)} counter(pages) {_css(after)}"


def write_whole(blocks: Iterable[Block], head: Head, out: IO[bytes]) -> int:
    """Lays everything out at once with WeasyPrint's public interface; returns the pages.

    For comparison: what `write` must look like, at the price of memory and of broken tables' tags.
    """
    fonts = FontConfiguration()
    stylesheet = _stylesheet(head.style + _margins(head, _counters(head)), fonts)
    html = _document(head, "\n".join(elements([*blocks])[0]))
    layout: Layout = HTML(string=html, url_fetcher=NOTHING).render(
        font_config=fonts, stylesheets=[stylesheet], pdf_variant="pdf/a-3a"
    )
    layout.metadata = metadata(head)
    layout.write_pdf(out, pdf_variant="pdf/a-3a")
    return len(layout.pages)


def write(blocks: Iterable[Block], head: Head, out: IO[bytes]) -> int:
    """Lays blocks out in portions; returns the number of pages.

    Each block is exactly one HTML element, or one row. Memory is bounded by the largest portion.
    """
    painter = _Painter(head, out)
    with _undisturbed():
        for pages, goes_on in _portions(blocks, painter):
            painter.paint(pages, goes_on=goes_on)
            pages.clear()
            gc.collect()
        painter.finish()
    return len(painter.pdf.page_references)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No search for garbage in the midst of a portion, nor ever in what was there before."""
    searching = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if searching:
            gc.enable()


def _portions(blocks: Iterable[Block], painter: "_Painter") -> Iterator[tuple[list[Page], bool]]:
    """The finished pages, portion by portion, and whether the table they end with goes on."""
    waiting = iter(blocks)
    carried: list[Block] = []
    first, goes_on, within = True, False, limit_after()
    while True:
        portion = Portion(take(waiting, carried, within), first, goes_on)
        more = next(waiting, None)
        pages = painter.lay_out(portion)
        if more is None:
            yield pages, False
            return
        finished, done = portion.finished(pages)
        carried = [*portion.blocks[done:], more]
        goes_on = follows(carried[0], portion.blocks[done - 1])
        first, within = False, limit_after(portion.blocks[:done], finished)
        del pages[finished:]
        yield pages, goes_on


class _PageStream(Stream):  # type: ignore[misc]
    """What is painted on one page. Knows where each text is marked, so that it can be unmarked."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.places: dict[Any, int] = {}

    @contextmanager
    def marked(self, box: Any, tag: str) -> Iterator[None]:
        self.places[box] = len(self.stream)
        with super().marked(box, tag):
            if tag == "Span" and _reordered(box.text):
                # What is copied or read aloud must be the text, not the order of its glyphs.
                self.stream[-2]["ActualText"] = pydyf.String(box.text)
            yield

    @property
    def numbers(self) -> dict[Any, int]:
        """The number under which each text is marked."""
        return {box: mark["mcid"] for box, mark in self._tags.items()}

    def closed(self) -> "_PageStream":
        """In brackets, so that what follows starts from the page's own coordinates."""
        self.stream.insert(0, b"q")
        self.stream.append(b"Q")
        return self

    def unmark(self, box: Any) -> None:
        """Turns a marked text into decoration."""
        place = self.places[box]
        self.stream[place : place + 3] = ["/Artifact", b"", b"BMC"]


class _Probe(Stream):  # type: ignore[misc]
    """Notes the characters for which no font has a glyph."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.missing: set[int] = set()

    def add_font(self, pango_font: Any) -> tuple[Any, float]:
        font, size = super().add_font(pango_font)
        font.get_unused_glyph_id = self._note
        return font, size

    def _note(self, codepoint: int) -> int:
        self.missing.add(codepoint)
        return 0


def _without_glyph(pages: Iterable[Page], resources: Any) -> set[int]:
    """The code points on these pages that none of the system's fonts can show."""
    found: set[int] = set()
    fonts: dict[Any, Any] = {}
    for each in pages:
        stream = _Probe(fonts, (0, 0, 1, 1), resources, {}, None, {}, None)
        each.paint(stream, _SCALE)
        found |= stream.missing
    return found


def _reordered(text: str) -> bool:
    """Scripts whose glyphs do not stand one by one for their letters: Hebrew to Mongolian."""
    return not text.isascii() and any("\u0590" <= sign <= "\u1cff" for sign in text)


@dataclass
class _Painter:
    """Paints pages into a growing PDF; what all pages share is kept here."""

    head: Head
    out: IO[bytes]
    fonts: dict[Any, Any] = field(default_factory=dict)
    feet: list[Any] = field(default_factory=list)
    outline: list[Any] = field(default_factory=list)
    tried: set[str] = field(default_factory=lambda: set(_EVERYWHERE))
    missing: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pdf = IncrementalPdf(self.out)
        self.tags = Tags(self.pdf)
        self.font_config = FontConfiguration()
        parts = ("ExtGState", "XObject", "Pattern", "Shading", "ColorSpace")
        self.resources = self.pdf.number(
            pydyf.Dictionary({part: pydyf.Dictionary() for part in parts})
        )
        self._bookmarks: tuple[list[int], list[Any], int] = ([], [self.outline], 0)

    @cached_property
    def stylesheet(self) -> CSS:
        return _stylesheet(self.head.style, self.font_config)

    @cached_property
    def continued(self) -> CSS:
        """A portion that continues begins a page as any other page begins: without a gap."""
        rule = "body > :first-child, body > :first-child > :first-child { margin-top: 0 }"
        return _stylesheet(rule, self.font_config)

    def lay_out(self, portion: Portion) -> list[Page]:
        """The pages of a portion, without running feet.

        A character for which no font has a glyph is shown by its number: a missing glyph would
        tell the reader nothing and break PDF/A.
        """
        html = portion.html
        new = set() if html.isascii() else {sign for sign in html if sign > "~"} - self.tried
        while True:
            pages = self._pages(html.translate(self.missing), first=portion.first)
            lost = _without_glyph(pages, self.resources) if new else set()
            lost -= self.missing.keys()
            if not lost:
                self.tried |= new
                if portion.resumes:
                    self.tags.resume(body(pages[0]).children[0].element)
                return pages
            self.missing |= {code: f"⟨U+{code:04X}⟩" for code in lost}

    def _pages(self, html: str, *, first: bool) -> list[Page]:
        stylesheets = [self.stylesheet] if first else [self.stylesheet, self.continued]
        whole, counters = page(self.head, html), CounterStyle()
        asides = box_copies.set_aside(whole.etree_element.find("body"))
        options = {**DEFAULT_OPTIONS, "stylesheets": stylesheets}
        context = Layout._build_layout_context(whole, self.font_config, counters, {}, options)  # noqa: SLF001
        root = build_formatting_structure(
            whole.etree_element,
            context.style_for,
            context.get_image_from_uri,
            whole.base_url,
            context.target_collector,
            counters,
            context.footnotes,
        )
        box_copies.bring_back(asides, root)
        return [Page(made) for made in layout_document(whole, root, context)]

    def paint(self, pages: Iterable[Page], *, goes_on: bool) -> None:
        """Paints finished pages and forgets them, but for a table that goes on."""
        for each in pages:
            self._paint(each)
        self.pdf.flush(but=self.tags.forget(goes_on=goes_on))

    def _paint(self, of: Page) -> None:
        matrix = Matrix(_SCALE, 0, 0, -_SCALE, 0, of.height * _SCALE)
        stream = self._painted(of, self.pdf.number(pydyf.Object()))
        self.feet.append(self.pdf.number(pydyf.Object()))
        key = self.tags.key()
        entry = self._entry(of, [stream, self.feet[-1]], key)
        self.pdf.add_page(entry)
        safe = [link for link in of.links if link[0] == "external" and link[1].startswith(_SAFE)]
        add_links((safe, []), matrix, self.pdf, entry, [], {})
        root = of._page_box.children[0]  # noqa: SLF001
        self.tags.add_page(key, root, entry.reference, Marks(stream.numbers, stream.unmark))
        self.pdf.write(stream.closed())
        self._remember_bookmarks(of, matrix)

    def _painted(self, of: Page, place: Any) -> "_PageStream":
        """The content of a page, to be written as the object whose number `place` holds."""
        rectangle = (0, 0, of.width, of.height)
        stream = _PageStream(self.fonts, rectangle, self.resources, {}, {}, {}, None, compress=True)
        stream.number = place.number
        stream.transform(d=-1, f=of.height * _SCALE)
        lifted = table_lines.lift(of._page_box)  # noqa: SLF001
        of.paint(stream, _SCALE)
        table_lines.draw(stream, lifted, _SCALE)
        return stream

    def _entry(self, of: Page, contents: Iterable[Any], key: int) -> Any:
        box = pydyf.Array((0, 0, of.width * _SCALE, of.height * _SCALE))
        return pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": self.pdf.pages.reference,
                "MediaBox": box,
                "TrimBox": box,
                "Contents": pydyf.Array(content.reference for content in contents),
                "Resources": self.resources.reference,
                "Tabs": "/S",
                "StructParents": key,
            }
        )

    def _remember_bookmarks(self, of: Page, matrix: Matrix) -> None:
        skipped, depths, level = self._bookmarks
        number = len(self.pdf.page_references) - 1
        level = make_page_bookmark_tree(of, skipped, depths, level, number, matrix)
        self._bookmarks = (skipped, depths, level)

    def finish(self) -> None:
        """Everything that is known only at the end: feet, fonts, outline, tree, description."""
        self._paint_feet()
        fonts = build_fonts_dictionary(self.pdf, self.fonts, True, True, _FONT_OPTIONS)  # noqa: FBT003
        self.pdf.add_object(fonts)
        self.resources["Font"] = fonts.reference
        self.pdf.write(self.resources)
        add_outlines(self.pdf, self.outline)
        self.tags.finish()
        describe(self.pdf, self.head)
        self.pdf.finish()

    def _paint_feet(self) -> None:
        head = replace(self.head, foot=self.head.foot.translate(self.missing))
        margins = _margins(head, "string(number)")
        stylesheet = _stylesheet(f"{self.head.style}{margins}{_FEET_STYLE}", self.font_config)
        for start in range(0, len(self.feet), _FEET):
            feet = self.feet[start : start + _FEET]
            numbers = range(start + 1, start + len(feet) + 1)
            texts = [self.head.number.format(page=n, pages=len(self.feet)) for n in numbers]
            html = "".join(f"<p>{escape(text)}</p>" for text in texts)
            layout = page(self.head, html).render(
                font_config=self.font_config, stylesheets=[stylesheet]
            )
            for of, foot in zip(layout.pages, feet, strict=True):
                stream = self._painted(of, foot)
                for box in stream.numbers:
                    stream.unmark(box)
                self.pdf.write(stream.closed())


_FONT_OPTIONS = {"hinting": False, "pdf_version": "1.7"}
_FEET_STYLE = """
body > p { string-set: number content(text); visibility: hidden; margin: 0 }
body > p + p { break-before: page }
"""
