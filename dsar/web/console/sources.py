"""Every source: what it can be asked for, whether it is open, who waits for it, how it is set."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from shlex import join
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import HTMLResponse

from dsar.config.redacted import RedactedSetting
from dsar.domain.rights import Right
from dsar.sdk import VERBS as ACTS
from dsar.sdk import Limits
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Installation, reading
from dsar.services.views.sources import Door, SourceLoad, SourceStatus, standings
from dsar.web.console.words import RIGHTS, Badge
from dsar.web.pages import PageFrame, plain, render
from dsar.web.viewer import viewer_of

#: What each verb of an adapter does, in words.
VERBS: Mapping[str, str] = {
    "find": "Search",
    "erase": "Erase",
    "rectify": "Correct",
    "restrict": "Restrict",
    "object_to": "Stop a use",
    "lift": "Lift a restriction",
}

_UNITS: Mapping[str, str] = {"mb": "MiB", "seconds": "seconds"}


@dataclass(frozen=True, slots=True)
class Ability:
    """A verb, the rights it serves, and whether this source has it."""

    words: str
    rights: str
    able: bool


@dataclass(frozen=True, slots=True)
class Health:
    """How a source stands: in a badge, since when, why, and when it is tried next."""

    badge: Badge
    since: str | None
    reason: str
    next_try: str | None
    failures: str


@dataclass(frozen=True, slots=True)
class SourceCard:
    """All staff may know of one source; nothing in it was asked of the source itself."""

    name: str
    title: str
    adapter: str
    kind: str
    alone: bool
    later: bool
    health: Health
    abilities: tuple[Ability, ...]
    waiting: str
    stuck: str
    at_work: str
    limits: tuple[tuple[str, str, bool], ...]
    settings: tuple[RedactedSetting, ...] | None
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage(PageFrame):
    """Every configured source."""

    template: ClassVar[str] = "sources.html"

    cards: tuple[SourceCard, ...]
    closed: int
    changed: bool


def sources(request: Request) -> HTMLResponse:
    """`GET /sources`."""
    return HTMLResponse(render(page(request.app.state.installation, viewer_of(request))))


def page(installation: Installation, viewer: Actor) -> SourcesPage:
    """The sources as they stand now, in the order of their file."""
    with reading(installation) as session:
        found = standings(session, viewer)
    cards = tuple(card(one) for one in found)
    return SourcesPage(
        title="Sources",
        controller=installation.controller.name,
        timezone=installation.controller.timezone,
        cards=cards,
        closed=sum(one.door.until is not None for one in found),
        changed=any(one.settings is None for one in found),
    )


def card(one: SourceStatus) -> SourceCard:
    """One source as staff reads it."""
    source, waiting = one.source, one.waiting
    return SourceCard(
        name=source.name,
        title=source.title,
        adapter=source.adapter.name,
        kind=source.adapter.title,
        alone=source.isolated,
        later=source.adapter.answers_later,
        health=_health(one.door),
        abilities=tuple(_ability(verb, one.verbs) for verb in ("find", *ACTS)),
        waiting=_tickets(waiting.tickets),
        stuck=_stuck(waiting),
        at_work=f"{waiting.at_work} now, {one.at_once} at most",
        limits=tuple(_limits(source.limits)),
        settings=one.settings,
        check=join(["dsar", "source", "check", source.name]),
    )


def _health(door: Door) -> Health:
    since = door.since.isoformat() if door.since else None
    until = door.until.isoformat() if door.until else None
    failures = "" if not door.failures else _times(door.failures)
    if until:
        badge = Badge("Closed", "trouble")
    elif since:
        badge = Badge("Open again, not answered yet", "part")
    elif door.failures:
        badge = Badge("Open, failing", "part")
    else:
        badge = Badge("Open", "good")
    return Health(badge, since, door.reason if failures or since else "", until, failures)


def _ability(verb: str, has: frozenset[str]) -> Ability:
    served = [right for right in Right if right.spec.verb == verb]
    words = ", ".join(RIGHTS[right][0] for right in served)
    return Ability(VERBS[verb], words, verb == "find" or verb in has)


def _limits(limits: Limits) -> list[tuple[str, str, bool]]:
    """Each limit with its value, and whether the house has set it itself."""
    usual = {one.name: one.default for one in fields(limits)}
    return [
        (_limit(name), f"{value:,.10g}", value != usual[name])
        for name, value in asdict(limits).items()
    ]


def _limit(name: str) -> str:
    """A limit in words, with its unit: page_mb is Page (MiB)."""
    head, _, unit = name.rpartition("_")
    return f"{plain(head)} ({_UNITS[unit]})" if unit in _UNITS else plain(name)


def _tickets(number: int) -> str:
    return "1 ticket" if number == 1 else f"{number or 'No'} tickets"


def _stuck(waiting: SourceLoad) -> str:
    """How many of the tickets that wait do so for a person."""
    if waiting.stuck == waiting.tickets:
        return "for a person" if waiting.stuck else ""
    return f"{waiting.stuck} of them for a person" if waiting.stuck else ""


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times in a row"
