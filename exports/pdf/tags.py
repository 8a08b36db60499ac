"""The structure tree of a tagged PDF, grown page by page (ISO 32000-1, 14.7; ISO 14289-1).

One HTML element becomes one structure element, on however many pages its boxes lie: a table that
continues is one table, its repeated head is decoration. WeasyPrint's own tree starts anew on every
page. Knows boxes only by their attributes; what it needs of WeasyPrint's classes it is given.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pydyf

from exports.pdf.incremental_pdf import IncrementalPdf

#: HTML element → PDF structure type. Anything else belongs to the element around it.
TYPES = {
    "div": "Div",
    "p": "P",
    "h1": "H1",
    "h2": "H2",
    "h3": "H3",
    "ul": "L",
    "li": "LI",
    "li::marker": "Lbl",
    "a": "Link",
    "table": "Table",
    "caption": "Caption",
    "thead": "THead",
    "tbody": "TBody",
    "tr": "TR",
    "th": "TH",
    "td": "TD",
}
_HEAD = "thead"
#: What of a table that goes on in the next portion stays open: all around its rows.
_AROUND = {"div": ".", "table": "table", "tbody": "table/tbody"}


@dataclass(slots=True)
class Marks:
    """The marked pieces of one page: what each text box was numbered, and how to unmark it."""

    numbers: dict[Any, int]
    unmark: Callable[[Any], None]


@dataclass(slots=True)
class _Page:
    reference: bytes
    marks: Marks
    owners: dict[int, bytes] = field(default_factory=dict)


class Tags:
    """The tree of one document; finished elements are handed to the PDF and forgotten."""

    def __init__(self, pdf: IncrementalPdf) -> None:
        self._pdf = pdf
        self._root = pdf.number(pydyf.Dictionary({"Type": "/StructTreeRoot"}))
        self._document = pdf.number(_element("Document", self._root, b""))
        self._parents: dict[int, bytes] = {}
        self._known: dict[Any, Any] = {}
        self._heads_before: set[Any] = set()
        self._last: dict[str, Any] = {}
        self._next_key = 0

    def key(self) -> int:
        """The next key of the parent tree, for a page or an annotation."""
        self._next_key += 1
        return self._next_key - 1

    def add_page(self, key: int, body: Any, reference: bytes, marks: Marks) -> None:
        """Adds the boxes of one page; what no element owns (running heads) becomes decoration."""
        page = _Page(reference, marks)
        self._heads_before = {element for element, tag in self._known if tag == _HEAD}
        self._walk(body, self._document, page)
        for box in marks.numbers:
            if marks.numbers[box] not in page.owners:
                marks.unmark(box)
        last = max(page.owners, default=-1)
        owners = pydyf.Array(page.owners.get(number, b"null") for number in range(last + 1))
        self._pdf.add_object(owners)
        self._parents[key] = owners.reference

    def forget(self, *, goes_on: bool) -> list[Any]:
        """Ends all open elements but those around the rows of a table that goes on; gives those."""
        self._known.clear()
        return [self._last[tag] for tag in _AROUND] if goes_on else []

    def resume(self, element: Any) -> None:
        """The table in this element is the one that was left open; its head is not repeated."""
        for tag, path in _AROUND.items():
            self._known[element.find(path), tag] = self._last[tag]
        self._known[element.find("table/thead"), _HEAD] = None

    def finish(self) -> None:
        """Completes the tree and hangs it into the catalog."""
        numbers = pydyf.Array(part for entry in sorted(self._parents.items()) for part in entry)
        parents = pydyf.Dictionary({"Nums": numbers})
        self._pdf.add_object(parents)
        self._root["K"] = pydyf.Array([self._document.reference])
        self._root["ParentTree"] = parents.reference
        self._root["ParentTreeNextKey"] = self._next_key
        for thing in (self._root, self._document):
            self._pdf.write(thing)
        self._pdf.catalog["StructTreeRoot"] = self._root.reference
        self._pdf.catalog["MarkInfo"] = pydyf.Dictionary({"Marked": "true"})

    def _walk(self, box: Any, owner: Any, page: _Page) -> None:
        tag = box.element_tag
        if tag == _HEAD and box.element in self._heads_before:
            return
        if tag in TYPES and box.element is not None:
            owner = self._owner(box, owner, page)
        if box.link_annotation:
            self._link(box.link_annotation, owner, page)
        if box in page.marks.numbers:
            self._own(page.marks.numbers[box], owner, page)
        for child in getattr(box, "children", ()):
            self._walk(getattr(child, "_box", child), owner, page)

    def _owner(self, box: Any, parent: Any, page: _Page) -> Any:
        """The structure element of a box: the one its element has already, or a new one."""
        key = (box.element, box.element_tag)
        if key not in self._known:
            self._known[key] = _ITEMS.get(box.element_tag, Tags._made)(self, box, parent, page)
        return self._known[key]

    def _made(self, box: Any, parent: Any, page: _Page) -> Any:
        made = self._last[box.element_tag] = self._new(TYPES[box.element_tag], parent, page)
        _describe(made, box)
        return made

    def _item(self, box: Any, parent: Any, page: _Page) -> Any:
        """A list item keeps its text in a body of its own."""
        item = self._known[box.element, "item"] = self._new("LI", parent, page)
        return self._new("LBody", item, page)

    def _label(self, box: Any, _parent: Any, page: _Page) -> Any:
        """The bullet comes before the body, whichever is met first."""
        item = self._known[box.element, "item"]
        label = self._new("Lbl", item, page)
        item["K"].insert(0, item["K"].pop())
        return label

    def _new(self, kind: str, parent: Any, page: _Page) -> Any:
        made = _element(kind, parent, page.reference)
        self._pdf.add_object(made)
        parent["K"].append(made.reference)
        return made

    def _own(self, number: int, owner: Any, page: _Page) -> None:
        page.owners[number] = owner.reference
        owner["K"].append(number if owner["Pg"] == page.reference else _elsewhere(number, page))

    def _link(self, annotation: Any, owner: Any, page: _Page) -> None:
        annotation["StructParent"] = key = self.key()
        annotation["F"] = 4  # printed, as PDF/A asks
        self._parents[key] = owner.reference
        owner["K"].append(
            pydyf.Dictionary({"Type": "/OBJR", "Obj": annotation.reference, "Pg": page.reference})
        )


#: How the parts of a list are made.
_ITEMS = {"li": Tags._item, "li::marker": Tags._label}  # noqa: SLF001 - its own table


def _element(kind: str, parent: Any, page: bytes) -> Any:
    found = pydyf.Dictionary({"Type": "/StructElem", "S": f"/{kind}", "P": parent.reference})
    if page:
        found["Pg"] = page
    found["K"] = pydyf.Array()
    return found


def _elsewhere(number: int, page: _Page) -> Any:
    """A marked piece on another page than the one the element began on."""
    return pydyf.Dictionary({"Type": "/MCR", "Pg": page.reference, "MCID": number})


def _describe(made: Any, box: Any) -> None:
    """The attributes a reader needs: which way a head looks, how many cells it spans."""
    if box.element_tag == "ul":
        made["A"] = pydyf.Dictionary({"O": "/List", "ListNumbering": "/Disc"})
    if box.element_tag == "th":
        scope = "Row" if box.element.get("scope") == "row" else "Column"
        made["A"] = pydyf.Dictionary({"O": "/Table", "Scope": f"/{scope}"})
