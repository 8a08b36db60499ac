"""Cuts a report into portions small enough to lay out, and finds where a portion can be cut off.

What comes is a sequence of blocks, each exactly one HTML element, and of rows, which belong to a
table that may be longer than any portion. The last page of a portion waits for what follows, so
that the pages come out as if all had been laid out at once. Knows pages only by their boxes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

#: A portion is full at so many blocks or so much weight: some eight pages.
BLOCKS, WEIGHT = 250, 80_000
#: So much of the page after the last whole one.
_BEGUN = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class TableFrame:
    """What stands before and after the rows of a table: <div><table> with <thead>, and <tbody>.

    A caption would be repeated with the head; a heading before the table says the same.
    """

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One <tr> of a table; rows of the same table that follow each other are one table."""

    table: TableFrame
    html: str


Block = str | TableRow


def elements(blocks: Sequence[Block]) -> tuple[list[str], list[int]]:
    """The HTML elements that blocks make, and the number of the block each begins with."""
    found: list[list[str]] = []
    starts: list[int] = []
    for number, block in enumerate(blocks):
        if number and follows(block, blocks[number - 1]):
            found[-1].insert(-1, _html(block))
            continue
        around = (block.table.start, block.table.end) if isinstance(block, TableRow) else ("", "")
        found.append([around[0], _html(block), around[1]])
        starts.append(number)
    return ["".join(parts) for parts in found], starts


def follows(block: Block, before: Block) -> bool:
    """Whether a block goes on with the table of the one before it."""
    return (
        isinstance(block, TableRow) and isinstance(before, TableRow) and block.table is before.table
    )


def _html(block: Block) -> str:
    return block.html if isinstance(block, TableRow) else block


def _weight(block: Block) -> int:
    """What a block costs to lay out: its text, and more for each element."""
    html = _html(block)
    return len(html) + 16 * html.count("<")


@dataclass(frozen=True)
class Portion:
    """Blocks that are laid out together. `resumes`: its first row goes on with a painted table."""

    blocks: Sequence[Block]
    first: bool
    resumes: bool

    @cached_property
    def _made(self) -> tuple[list[str], list[int]]:
        return elements(self.blocks)

    @property
    def html(self) -> str:
        return "\n".join(self._made[0])

    def finished(self, pages: Sequence[Any]) -> tuple[int, int]:
        """How many pages can be painted, and how many blocks stand on them.

        The last page that begins with a new block or row, and all after it, wait.
        """
        for number in range(len(pages) - 1, 0, -1):
            start = self._start(body(pages[number]), body(pages[number - 1]))
            if start is not None:
                return number, start
        return len(pages), len(self.blocks)

    def _start(self, this: Any, before: Any) -> int | None:
        """The block that a page begins with, if no part of it stands on the page before."""
        element, last = this.children[0].element, before.children[-1].element
        number = self._made[1][list(this.element).index(element)]
        if element is not last:
            return number
        if not isinstance(self.blocks[number], TableRow):
            return None
        row, end = next(_rows(this.children[0]), None), [*_rows(before.children[-1])][-1:]
        if row is None or not end or row is end[0]:
            return None
        return number + list(next(element.iter("tbody"))).index(row)


def body(page: Any) -> Any:
    """The part of <body> that stands on a page; its children are (parts of) the elements."""
    return page._page_box.children[0].children[0]  # noqa: SLF001


def _rows(box: Any) -> Iterator[Any]:
    """The elements of the rows in a box, without those of heads."""
    for child in getattr(box, "children", ()):
        if child.element_tag == "tr":
            yield child.element
        elif child.element_tag != "thead":
            yield from _rows(child)


@dataclass(frozen=True, slots=True)
class PortionLimit:
    """How many blocks, of what weight, a portion may hold."""

    blocks: float
    weight: float


def limit_after(painted: Sequence[Block] = (), pages: int = 0) -> PortionLimit:
    """The room for the next portion, after one whose painted blocks filled so many pages.

    The last page of a portion is laid out again with the next one. So a portion takes as many whole
    pages as have room, and just begins another.
    """
    weight = sum(map(_weight, painted))
    fit = int(pages * min(BLOCKS / len(painted), WEIGHT / weight)) if pages else 0
    if not fit:
        return PortionLimit(BLOCKS, WEIGHT)
    scale = (fit + _BEGUN) / pages
    return PortionLimit(len(painted) * scale, weight * scale)


def take(waiting: Iterator[Block], carried: Sequence[Block], within: PortionLimit) -> list[Block]:
    """What was carried over and the next blocks, as many as have room; at least one."""
    found = [*carried]
    weight = sum(map(_weight, carried))
    for block in waiting:
        found.append(block)
        weight += _weight(block)
        if weight >= within.weight or len(found) >= within.blocks:
            break
    return found
