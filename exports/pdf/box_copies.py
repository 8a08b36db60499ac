"""Makes the boxes of records as copies of one of them, where only the text differs.

To find the style of each cell and to build its boxes costs a fifth of a table. The rows of a table
of class `rows` are styled alike, and so are paragraphs of class `line`: it is done for one; the
others stand aside meanwhile and come back as copies with their own text. Knows boxes only by their
attributes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

#: Text that stays as it is when white space is collapsed.
_AS_IT_IS = re.compile(r"\S+(?: \S+)*")


@dataclass(frozen=True, slots=True)
class Aside:
    """An element, all its children, and the one that those who stand aside are copies of."""

    parent: Element
    children: tuple[Element, ...]
    sample: Element


def set_aside(body: Element) -> list[Aside]:
    """Takes the records that can be copied out of <body> and its tables, all but one of each."""
    tables = [table.find("tbody") for table in body.iter("table") if _has(table, "rows")]
    return [
        *_aside(body, [child for child in body if child.tag == "p" and _has(child, "line")]),
        *(found for rows in tables if rows is not None for found in _aside(rows, [*rows])),
    ]


def _aside(parent: Element, records: Sequence[Element]) -> Iterator[Aside]:
    sample = next(filter(_plain, records), None)
    if sample is not None:
        children = tuple(parent)
        copies = {each for each in records if each is not sample and _alike(each, sample)}
        parent[:] = [child for child in children if child not in copies]
        yield Aside(parent, children, sample)


def bring_back(asides: Sequence[Aside], box: Any) -> None:
    """Puts the records back in their places: elements, and copies in the tree of boxes."""
    waiting = {aside.parent: aside for aside in asides}
    for parent in _parents(box, {"body", "tbody"}) if waiting else ():
        aside = waiting.pop(parent.element, None)
        if aside:
            made = {child.element: child for child in parent.children}
            sample = made[aside.sample]
            parent.children = [
                made[each] if each in made else _copied(sample, each) for each in aside.children
            ]
            aside.parent[:] = aside.children


def _has(element: Element, name: str) -> bool:
    return name in element.get("class", "").split()


def _plain(record: Element) -> bool:
    """Whether it is text alone, or cells of text alone that span no other row."""
    return all(
        "rowspan" not in part.attrib and not len(part) and _AS_IT_IS.fullmatch(part.text or "")
        for part in (record if len(record) else (record,))
    )


def _alike(record: Element, sample: Element) -> bool:
    """Whether a record has a plain cell of the same kind for each cell of the sample."""
    return (
        len(record) == len(sample)
        and record.attrib == sample.attrib
        and all(
            this.tag == that.tag and this.attrib == that.attrib
            for this, that in zip(record, sample, strict=True)
        )
        and _plain(record)
    )


def _parents(box: Any, tags: set[str]) -> Iterator[Any]:
    for child in getattr(box, "children", ()):
        if child.element_tag in tags:
            yield child
        yield from _parents(child, tags)


def _copied(box: Any, element: Element) -> Any:
    """A copy of a box and all in it, for another element of the same make."""
    made = box.copy()
    made.element = element
    made.remove_decoration_sides = set()
    if hasattr(box, "text"):
        made.text = element.text
        return made
    inner = iter(element)
    made.children = [
        _copied(child, element if child.element is box.element else next(inner))
        for child in box.children
    ]
    return made
