"""START-HERE.html: opens from disk in any browser, without a connection, and shows the bundle."""

from functools import cache

from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from exports.processing import Document
from exports.report import blocks
from exports.report.blocks import Templates
from exports.report.words import Words
from templates import FOLDER


@cache
def _environment() -> Templates:
    return Templates(
        loader=FileSystemLoader(FOLDER / "bundle"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def start_page(document: Document, words: Words, *, printed: int) -> bytes:
    """The page a person opens first; `printed` records stand in the report."""
    css = (FOLDER / "bundle" / "start.css").read_text("utf-8")
    text = (
        _environment()
        .get_template("start.html")
        .render(
            d=document,
            w=words,
            title=blocks.title(document, words),
            moment=blocks.moment(document, words),
            answer=blocks.answer(document, words, printed=printed),
            css=Markup(css),  # noqa: S704 - our own file
        )
    )
    return text.encode("utf-8", "backslashreplace")
