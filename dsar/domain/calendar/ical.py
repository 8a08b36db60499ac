"""A calendar file of due dates (RFC 5545): one whole-day entry each, for any calendar program."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LONGEST_LINE = 75  # octets, without the line break (RFC 5545, 3.1)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class DueEntry:
    """A day something is due. `uid` stays the same when the day moves, so that programs update it.

    `summary` and `description` leave the house with whoever subscribes: references only, no names.
    """

    uid: str
    day: date
    summary: str
    description: str


def calendar_file(entries: Iterable[DueEntry], *, name: str, now: datetime) -> str:
    """Return the text of a calendar called `name` as of `now` (aware); lines end with CR LF."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//dsar//due dates//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_escaped(name)}",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    for entry in entries:
        lines += _event(entry, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(entry: DueEntry, now: datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{_escaped(entry.uid)}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{_day(entry.day)}",
        f"DTEND;VALUE=DATE:{_day(entry.day + timedelta(days=1))}",
        f"SUMMARY:{_escaped(entry.summary)}",
        f"DESCRIPTION:{_escaped(entry.description)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _day(day: date) -> str:
    return day.isoformat().replace("-", "")


def _escaped(text: str) -> str:
    """Escape a text value; control characters have no place in it and are left out."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for character in ("\\", ";", ","):
        plain = plain.replace(character, f"\\{character}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Break a line so that none is longer than 75 octets, never within a character."""
    pieces: list[str] = [""]
    room = LONGEST_LINE
    for character in line:
        octets = len(character.encode("utf-8", "replace"))
        if octets > room:
            pieces.append("")
            room = LONGEST_LINE - 1  # the blank that marks a continued line counts
        pieces[-1] += character
        room -= octets
    return "\r\n ".join(pieces)
