"""The timeline of one ticket as a picture (SVG): what happened, what is due, what stood still.

Nothing is said by colour or place alone: each mark has its words and date, and the description
reads the whole picture out as a list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from dsar.domain.clock import Dates

#: The words of the picture; a page in another language gives its own.
ENGLISH = {
    "received": "Received",
    "clock_start": "Clock starts",
    "ack_by": "Acknowledge by",
    "extension_notice_by": "Notice of extension by",
    "due": "Due",
    "due_extended": "Due if extended",
    "effective_due": "Due, extended",
    "due_latest_arguable": "Latest arguable",
    "appeal_due": "Answer to appeal due",
    "paused_since": "Clock stands still since",
    "today": "Today",
}

_MARGIN, _AXIS, _ROW, _LETTER, _LONGEST = 16, 26, 22, 7.2, 32
_SVG = (
    'xmlns="http://www.w3.org/2000/svg" role="img" stroke="currentColor" '
    'font-family="system-ui, sans-serif" font-size="13"'
)

#: How each kind of line is drawn: attributes, because a page may forbid styles inside it.
_STROKES = {
    "axis": 'stroke-width="2"',
    "run": 'stroke-width="8" stroke-opacity="0.35"',
    "still": 'stroke-width="8" stroke-dasharray="3 5"',
    "mark": 'stroke-width="1.5"',
    "today": 'stroke-width="1.5" stroke-dasharray="4 3"',
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A day with its words; `kind` is `mark` or `today`, which is drawn dashed."""

    day: date
    words: str
    kind: str = "mark"


@dataclass(frozen=True, slots=True)
class PictureStyle:
    """How wide the picture is, in the size of its letters (13), and how a day is written."""

    width: int = 960
    spelled: Callable[[date], str] = date.isoformat


def timeline(
    dates: Dates,
    *,
    title: str,
    today: date | None = None,
    happened: Sequence[Mark] = (),
    words: Mapping[str, str] = ENGLISH,
    look: PictureStyle = PictureStyle(),
) -> str:
    """Draw the dates of a ticket, what happened to it and the days its clock stood still.

    Returns an SVG element that takes the colour of the text around it, with title and description
    for those who do not see it. All words are escaped.
    """
    marks = sorted([*_marks(dates, today, words), *happened], key=lambda mark: mark.day)
    first, last = marks[0].day, marks[-1].day
    gutter = max(_wide(mark, look) for mark in marks)
    scale = _Scale(first, max((last - first).days, 1), look.width - _MARGIN - gutter)
    rows = _rows(marks, scale, look)
    height = _AXIS + _ROW * (max(rows) + 2)
    said = "; ".join(f"{mark.words} {look.spelled(mark.day)}" for mark in marks)
    return "".join(
        [
            f'<svg {_SVG} viewBox="0 0 {look.width} {height}">',
            f"<title>{escape(title)}</title><desc>{escape(said)}</desc>",
            _line("axis", _MARGIN, scale.right),
            _running(dates, scale),
            *_standing_still(dates, scale, last),
            *(_drawn(mark, row, scale, look) for mark, row in zip(marks, rows, strict=True)),
            "</svg>",
        ]
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days to pixels; right of the last day the words of a mark have room."""

    first: date
    days: int
    right: float

    def x(self, day: date) -> float:
        within = min(max((day - self.first).days, 0), self.days)
        return round(_MARGIN + within / self.days * (self.right - _MARGIN), 1)


def _marks(dates: Dates, today: date | None, words: Mapping[str, str]) -> list[Mark]:
    """Name each date once, under the first name that has it; today comes last."""
    effective = dates.effective_due if dates.extension_valid else None
    named = [
        ("received", dates.received),
        ("clock_start", dates.clock_start),
        ("ack_by", dates.ack_by),
        ("due", dates.due),
        ("effective_due", effective),
        ("due_extended", dates.due_extended),
        ("extension_notice_by", dates.extension_notice_by),
        ("due_latest_arguable", dates.due_latest_arguable),
        ("appeal_due", dates.appeal_due),
        ("paused_since", dates.paused_since),
    ]
    hidden = {"clock_start": dates.received, "due_latest_arguable": dates.due}
    hidden |= {"due_extended": effective, "extension_notice_by": dates.due}
    marks = [
        Mark(day, words[name]) for name, day in named if day is not None and hidden.get(name) != day
    ]
    return [*marks, Mark(today, words["today"], "today")] if today else marks


def _rows(marks: Sequence[Mark], scale: _Scale, look: PictureStyle) -> list[int]:
    """Put each mark's words into the highest row where neither words nor lines run into them.

    From right to left: a mark's line passes every row above its own, so those end left of it.
    """
    taken: list[float] = []
    rows = []
    for mark in reversed(marks):
        left = scale.x(mark.day)
        right = left + _wide(mark, look)
        row = next((n for n, begins in enumerate(taken) if right < begins), len(taken))
        taken[: row + 1] = [left] * (row + 1)
        rows.append(row)
    return rows[::-1]


def _text(mark: Mark, look: PictureStyle) -> str:
    """Words and date, the words cut to what has room; the description has them whole."""
    short = mark.words if len(mark.words) <= _LONGEST else f"{mark.words[: _LONGEST - 1]}…"
    return f"{short} {look.spelled(mark.day)}"


def _wide(mark: Mark, look: PictureStyle) -> float:
    return _LETTER * len(_text(mark, look)) + 12


def _line(kind: str, left: float, right: float) -> str:
    return f'<line {_STROKES[kind]} x1="{left}" y1="{_AXIS}" x2="{right}" y2="{_AXIS}"/>'


def _running(dates: Dates, scale: _Scale) -> str:
    if dates.clock_start is None or dates.effective_due is None:
        return ""
    return _line("run", scale.x(dates.clock_start), scale.x(dates.effective_due))


def _standing_still(dates: Dates, scale: _Scale, last: date) -> list[str]:
    """Draw the days left out; while a question is open they run to the end of the picture."""
    stretches = [(stretch.first, stretch.last) for stretch in dates.stood_still]
    if dates.paused_since:
        stretches.append((dates.paused_since, last))
    return [_line("still", scale.x(first), scale.x(until)) for first, until in stretches]


def _drawn(mark: Mark, row: int, scale: _Scale, look: PictureStyle) -> str:
    x = scale.x(mark.day)
    y = _AXIS + _ROW * (row + 1)
    said = escape(_text(mark, look))
    return (
        f'<line {_STROKES[mark.kind]} x1="{x}" y1="{_AXIS - 10}" x2="{x}" y2="{y}"/>'
        f'<text x="{x + 4}" y="{y}" fill="currentColor" stroke="none">{said}</text>'
    )
