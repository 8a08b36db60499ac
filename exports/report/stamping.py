"""Makes the boxes of a table's rows as copies of one of them, where only the text differs.

To find the style of each cell and to build its boxes costs a sixth of a table. The rows of a table
of class `rows` are styled alike, so it is done for one row; the others stand aside meanwhile and
come back as copies with their own text. Knows boxes only by their attributes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

#: Text that stays as it is when white space is collapsed.
_AS_IT_IS = re.compile(r"\S+(?: \S+)*")


@dataclass(frozen=True, slots=True)
class Aside:
    """The body of a table, all its rows, and the one that those who stand aside are copies of."""

    body: Element
    rows: tuple[Element, ...]
    sample: Element


def set_aside(root: Element) -> list[Aside]:
    """Takes the rows that can be copied out of the tables in `root`, all but one of each table."""
    found = []
    for table in root.iter("table"):
        body = table.find("tbody")
        if body is not None and "rows" in table.get("class", "").split():
            rows = tuple(body)
            sample = next(filter(_plain, rows), None)
            if sample is not None:
                body[:] = [row for row in rows if row is sample or not _alike(row, sample)]
                found.append(Aside(body, rows, sample))
    return found


def bring_back(asides: list[Aside], box: Any) -> None:
    """Puts the rows back in their places: the elements, and in the tree of boxes their copies."""
    waiting = {aside.body: aside for aside in asides}
    for group in _groups(box) if waiting else ():
        aside = waiting.pop(group.element, None)
        if aside:
            made = {row.element: row for row in group.children}
            sample = made[aside.sample]
            group.children = [
                made[row] if row in made else _copied_row(sample, row) for row in aside.rows
            ]
            aside.body[:] = aside.rows


def _plain(row: Element) -> bool:
    """Whether every cell holds text alone, and spans no other row."""
    return all(
        not len(cell) and "rowspan" not in cell.attrib and _AS_IT_IS.fullmatch(cell.text or "")
        for cell in row
    )


def _alike(row: Element, sample: Element) -> bool:
    """Whether a row has a plain cell of the same kind for each cell of the sample."""
    return (
        len(row) == len(sample)
        and row.attrib == sample.attrib
        and all(
            this.tag == that.tag and this.attrib == that.attrib
            for this, that in zip(row, sample, strict=True)
        )
        and _plain(row)
    )


def _groups(box: Any) -> Iterator[Any]:
    for child in getattr(box, "children", ()):
        if child.element_tag == "tbody":
            yield child
        else:
            yield from _groups(child)


def _copied_row(sample: Any, row: Element) -> Any:
    made = _copied(sample, row)
    made.children = [
        _filled(cell, element) for cell, element in zip(sample.children, row, strict=True)
    ]
    return made


def _filled(box: Any, cell: Element) -> Any:
    """A copy of a box of a cell, down to its text."""
    made = _copied(box, cell)
    if hasattr(box, "text"):
        made.text = cell.text
    else:
        made.children = [_filled(child, cell) for child in box.children]
    return made


def _copied(box: Any, element: Element) -> Any:
    made = box.copy()
    made.element = element
    made.remove_decoration_sides = set()
    return made
