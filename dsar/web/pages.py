"""Renders a page: a context dataclass and the template it names, escaped and with nothing missing.

A context is the whole of what its template may read, so that a page can be rendered by a test
without a database. A template that asks for anything else fails.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import templates
from dsar.services.bundles.files_view import shown
from dsar.words import MODEL, formats, ours

_DATE = re.compile(
    r"\b(?P<day>\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?!\d)"
    r"(?:T(?P<time>\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:\d{2}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """What every page says beside its own: its title, whose it is, times in which zone."""

    template: ClassVar[str]

    title: str
    controller: str
    timezone: str


def render(page: PageFrame) -> str:
    """The page as HTML."""
    environment = _environment()
    template = environment.get_template(page.template)
    zone = ZoneInfo(page.timezone)
    return template.render(
        page=page,
        clock=lambda when: clock(when, zone),
        seconds=lambda when: seconds(when, zone),
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates.FOLDER / "console"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": day, "readable": readable, "size": size, "sentence": sentence}
    environment.filters |= {"iso": iso, "plain": plain, "shown": shown}
    environment.filters["whole"] = whole
    return environment


@cache
def _locale() -> str:
    """Staff reads English, written as our English words are."""
    return ours().offered[MODEL].locale


def day(when: date | str) -> str:
    """A date, or its ISO text, as people write it: 22 Dec 2026."""
    found = date.fromisoformat(when) if isinstance(when, str) else when
    return formats.day(found, _locale(), "medium")


def clock(when: datetime | str, zone: ZoneInfo) -> str:
    """An instant, or its ISO text, as local time of day: 22 Dec 2026, 09:28."""
    local = (datetime.fromisoformat(when) if isinstance(when, str) else when).astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def iso(when: date | datetime) -> str:
    """A date or an instant as machines read it, an instant in UTC: 2026-12-22T08:28:38Z."""
    return when.isoformat().replace("+00:00", "Z")


def readable(text: str) -> str:
    """A text with the ISO dates and instants in it as people write them."""
    return _DATE.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    try:
        words = day(found["day"])
    except ValueError:
        return found[0]
    if not found["time"]:
        return words
    zone = found["zone"].replace("+00:00", "Z").replace("Z", "UTC")
    return f"{words}, {found['time']} {zone}"


def size(number: int) -> str:
    """A number of bytes in the unit people would use (powers of 1000)."""
    return formats.size(number, _locale())


def sentence(text: str) -> str:
    """Words with a capital letter at their head and one mark at their end."""
    trimmed = text.strip()
    if not trimmed:
        return ""
    end = "" if trimmed[-1] in ".!?…" else "."
    return f"{trimmed[0].upper()}{trimmed[1:]}{end}"


def plain(name: str) -> str:
    """A name from a configuration as words: customer_number is Customer number."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def seconds(when: datetime, zone: ZoneInfo) -> str:
    """An instant as local time of day to the second: 09:28:38."""
    return f"{when.astimezone(zone):%H:%M:%S}"


def whole(command: str) -> Markup:
    """A command whose options do not break at their hyphens: `--by` stays one at a line's end.

    The text itself stays what it is, so that it can be copied.
    """
    kept = Markup('<span class="word">{}</span>')
    words = (
        kept.format(one) if one.startswith("--") else escape(one) for one in command.split(" ")
    )
    return Markup(" ").join(words)
