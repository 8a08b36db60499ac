"""Draws the rules between the rows of tables in one stroke each, not cell by cell.

A rule under a row is the lower border of each of its cells. To draw it cell by cell costs as much
as to draw the text of the cells, and leaves fine seams between them.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

_SIDES = ("top", "right", "left")


class Bar(NamedTuple):
    """A filled bar: its colour, its upper left corner and its size in CSS pixels."""

    colour: Any
    x: float
    y: float
    width: float
    height: float


def lift(box: Any) -> list[Bar]:
    """Takes the rules off all table rows in `box` whose cells have just the same lower border."""
    found = []
    for row in _rows(box):
        rule = _rule(row.children)
        if rule:
            found.append(rule)
            for cell in row.children:
                cell.border_bottom_width = 0
    return found


def draw(stream: Any, rules: list[Bar], scale: float) -> None:
    """Draws rules on a page as decoration: they say nothing to who hears the report."""
    if not rules:
        return
    with stream.stacked(), stream.artifact():
        stream.transform(a=scale, d=scale)
        for colour, same in groupby(rules, key=lambda rule: rule.colour):
            stream.set_color(colour)
            for rule in same:
                stream.rectangle(*rule[1:])
            stream.fill()


def _rows(box: Any) -> Iterator[Any]:
    for child in getattr(box, "children", ()):
        if child.element_tag == "tr":
            yield child
        else:
            yield from _rows(child)


def _rule(cells: list[Any]) -> Bar | None:
    """The rule that cells make together, if nothing else is drawn around them."""
    looks = {_look(cell) for cell in cells}
    if len(looks) != 1:
        return None
    colour, height, bottom = looks.pop() or (None, 0, 0)
    if not height:
        return None
    left = min(cell.border_box_x() for cell in cells)
    right = max(cell.border_box_x() + cell.border_width() for cell in cells)
    return Bar(colour, left, bottom - height, right - left, height)


def _look(cell: Any) -> tuple[Any, float, float] | None:
    """Colour, thickness and lower edge of a plain lower border; None if there is any other."""
    style = cell.style
    other = any(getattr(cell, f"border_{side}_width") for side in _SIDES)
    if other or style["border_bottom_style"] != "solid" or style["visibility"] != "visible":
        return None
    colour = style["border_bottom_color"]
    colour = style["color"] if colour == "currentcolor" else colour
    if not colour.alpha:
        return None
    return colour, cell.border_bottom_width, cell.border_box_y() + cell.border_height()
