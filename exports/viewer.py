"""START-HERE.html: opens from disk in any browser, without a connection, and shows the bundle.

It says what the report says, in the same words, and lets people search, filter and sort their
records. Its policy forbids every connection; the records come from script files beside it, which is
all that a page on disk may load. Without scripts, the text and the links to the files remain.
"""

import base64
import hashlib
import json
from functools import cache

from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dsar.words import Words
from exports.document.processing import Document
from exports.pdf import blocks
from exports.pdf.blocks import Templates
from exports.pdf.printable import laid_out
from templates import FOLDER

_SET = ("id", "title", "files", "fields")


@cache
def _environment() -> Templates:
    found = Templates(
        loader=FileSystemLoader(FOLDER / "bundle"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["printable"] = laid_out
    return found


@cache
def _own(name: str) -> Markup:
    """One of our own files, as it stands."""
    return Markup((FOLDER / "bundle" / name).read_text("utf-8"))  # noqa: S704 - no data in it


def start_page(document: Document, words: Words) -> bytes:
    """The page a person opens first."""
    script = _own("viewer.js")
    front, back = blocks.around(document, words)
    text = (
        _environment()
        .get_template("start.html")
        .render(
            d=document,
            w=words,
            title=blocks.title(document, words),
            front=Markup(front),  # noqa: S704 - rendered and escaped from the report's templates
            back=Markup(back),  # noqa: S704 - the same
            css=_own("start.css"),
            script=script,
            script_hash=_hash(script),
            described=_described(document, words),
        )
    )
    return text.encode("utf-8", "backslashreplace")


def _hash(script: str) -> str:
    """The name under which the page's policy allows its one script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _described(document: Document, words: Words) -> Markup:
    """What the script must know, as JSON that cannot end its element."""
    known = {
        "language": words.language,
        "sets": [{name: each[name] for name in _SET} for each in document["sets"]],
        "words": {
            **words["viewer"],
            "yes": words["format"]["true"],
            "no": words["format"]["false"],
            "fields": words["data"]["fields"],
        },
    }
    return Markup(json.dumps(known).replace("<", "\\u003c"))  # noqa: S704 - "<" is gone
