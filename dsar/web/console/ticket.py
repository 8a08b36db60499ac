"""One ticket: what must be done, its clock, its sources, its history, letters and bundles."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import State
from dsar.domain.regimes import Regime
from dsar.domain.rights import Right
from dsar.services.bundles import files_view
from dsar.services.bundles.keep import READY
from dsar.services.desk.doubtful_identifiers import in_doubt
from dsar.services.inquiries import listing
from dsar.services.law import regimes
from dsar.services.runtime.installation import Installation, reading
from dsar.services.views import tickets
from dsar.services.views.supplements import SupplementView, supplement_view
from dsar.store.tickets import by_ref
from dsar.store.vault import KeyLost
from dsar.web.console.doubtful_identifiers import DoubtfulIdentifier, doubtful, retries
from dsar.web.console.queue import Line, line
from dsar.web.console.sentences import Moment, moment
from dsar.web.console.stages import Stage, stages
from dsar.web.console.steps import Step, ask_again, steps
from dsar.web.console.words import RIGHTS, STATES, Badge, plain
from dsar.web.pages import Page, render

#: How a source's line looks: done and proven, kept for a reason, failed, or still open.
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.OPEN: "engine",
    Outcome.SUPPLIED: "good",
    Outcome.NOTHING_HELD: "good",
    Outcome.ACTED: "good",
    Outcome.WITHHELD: "part",
    Outcome.COULD_NOT: "trouble",
    Outcome.NOT_IN_SCOPE: "over",
}

#: The dates of a clock that staff works by, in the order of time.
DATES: Mapping[str, str] = {
    "received": "Received",
    "clock_start": "Clock started",
    "ack_by": "Acknowledge by",
    "internal_due_on": "Our own target",
    "extension_notice_by": "Extension possible until",
    "due_extended": "Due at the latest if extended",
    "paused_since": "Clock stands still since",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """So many records of one kind a source keeps for one reason, and how many until when.

    `what` says whether they are records, or files of records that are handed over.
    """

    collection: str
    because: str
    count: int
    until: tuple[tuple[int, str], ...]
    what: str = "record"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What came of one source."""

    source: str
    title: str
    badge: Badge
    found: int
    done: int
    residue: int
    reason: str
    kept: tuple[Kept, ...]
    searched_at: str | None


@dataclass(frozen=True, slots=True)
class Derivation:
    """One step of how a date was worked out."""

    rule: str
    given: str
    result: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The dates of a ticket and how they were worked out; `picture` an image as data URI."""

    at_once: str
    dates: tuple[tuple[str, str], ...]
    steps: tuple[Derivation, ...]
    calendar: str
    waiting_for: tuple[str, ...]
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A finished bundle: `ready` says whether it can be downloaded, `until` how long."""

    number: int
    name: str
    ready: bool
    size: int
    sha256: str
    built_at: str
    until: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task has come that takes long; `at` is the time of day when that was known."""

    words: str
    done: int
    of: int
    at: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a record: what it is, and by which place a ruling names it.

    `withheld` is the ground, if it is kept back.
    """

    name: str
    kind: str
    size: int
    of: str
    place: str
    withheld: str


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a ticket's records: how many, and the first of them."""

    count: int
    listed: tuple[FileLine, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks and in which words, or that it was forgotten."""

    identifiers: tuple[tuple[str, str], ...] = ()
    words: str = ""
    forgotten: str = ""


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another ticket of the same request."""

    ref: str
    right: str
    state: Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage(Page):
    """Everything staff may know of one ticket."""

    template: ClassVar[str] = "ticket.html"

    line: Line
    meaning: str
    law_title: str
    request: str
    received_at: str
    channel: str
    language_note: str
    stages: tuple[Stage, ...]
    stuck: tuple[Mapping[str, str], ...]
    doubts: tuple[str, ...]
    steps: tuple[Step, ...]
    clock: Clock
    sources: tuple[SourceLine, ...]
    history: tuple[Moment, ...]
    letters: tuple[Mapping[str, str], ...]
    bundles: tuple[Bundle, ...]
    person: Person
    siblings: tuple[Sibling, ...]
    waiting: tuple[Mapping[str, Any], ...] = ()
    progress: tuple[Progress, ...] = ()
    files: Files = Files(0, ())
    in_doubt: tuple[DoubtfulIdentifier, ...] = ()
    retries: tuple[str, ...] = ()
    supplements: SupplementView
    ask_again: str = ""
    badges: Mapping[State, Badge]


def ticket(request: Request) -> HTMLResponse:
    """`GET /tickets/{ref}`."""
    return HTMLResponse(render(page(request.app.state.installation, request.path_params["ref"])))


def page(installation: Installation, ref: str) -> TicketPage:
    """One ticket as it stands now; NotFound where there is none of that reference."""
    with reading(installation) as session:
        found = by_ref(session, ref)
        view = tickets.ticket_view(session, found)
        told = supplement_view(session, found)
        asked = listing.of_ticket(session, found)
        try:
            letters = tickets.letters_view(session, found)
            files = files_view.of_ticket(session, found)
            doubts = in_doubt(session, found)
        except KeyLost:
            letters, files, doubts = [], {"count": 0, "files": []}, ()
    return TicketPage(
        **context(view, regimes.load(view["regime"])),
        controller=installation.controller.name,
        timezone=installation.controller.timezone,
        letters=tuple(letters),
        waiting=tuple(one for one in asked if one["link"]),
        progress=_progress(view, ZoneInfo(installation.controller.timezone)),
        files=Files(files["count"], tuple(_file(row) for row in files["files"])),
        in_doubt=doubtful(doubts, view["request"]),
        retries=retries(doubts),
        supplements=told,
        ask_again=ask_again(view["ref"], told),
        badges=STATES,
    )


def context(view: Mapping[str, Any], regime: Regime) -> dict[str, Any]:
    """The fields of the page that follow from the ticket's report and its law."""
    head, right = line(view), Right(view["right"])
    return {
        "title": f"{head.right} {view['ref']}",
        "line": head,
        "meaning": RIGHTS[right][1],
        "law_title": regime.title,
        "request": view["request"],
        "received_at": view["received_at"],
        "channel": view["channel"],
        "language_note": view["language"]["note"],
        "stages": stages(right, State(view["state"]), view["journal"]),
        "stuck": tuple(view["stuck"]),
        "doubts": tuple(doubt["text"] for doubt in view["doubts"]),
        "steps": steps(view, regime),
        "clock": _clock(view),
        "sources": tuple(_source(row) for row in view["coverage"]),
        "history": tuple(moment(entry, regime) for entry in view["journal"]),
        "bundles": tuple(_bundle(row) for row in view["bundles"]),
        "person": _person(view["person"]),
        "siblings": tuple(_sibling(row) for row in view["siblings"]),
    }


def _progress(view: Mapping[str, Any], zone: ZoneInfo) -> tuple[Progress, ...]:
    told = [task["progress"] for task in view["tasks"] if task["progress"]]
    return tuple(
        Progress(one["words"], one["done"], one["of"], _seconds(one["at"], zone)) for one in told
    )


def _seconds(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%H:%M:%S}"


def _file(row: Mapping[str, Any]) -> FileLine:
    return FileLine(
        name=files_view.shown(row["name"]) or "–",
        kind=row["media_type"],
        size=row["bytes"],
        of=f"{plain(row['collection'])}, {files_view.shown(row['record'])}",
        place=row["place"],
        withheld=plain(row["withheld"]) if row["withheld"] else "",
    )


def _clock(view: Mapping[str, Any]) -> Clock:
    told = {**view["clock"], "internal_due_on": view["internal_due_on"]}
    return Clock(
        at_once=told.get("act_at_once") or "",
        dates=tuple((words, told[name]) for name, words in DATES.items() if told.get(name)),
        steps=tuple(
            Derivation(step["rule"], step["input"], step["result"])
            for step in told.get("explanation", ())
        ),
        calendar=told.get("calendar") or "",
        waiting_for=tuple(plain(name) for name in told.get("waiting_for", ())),
        picture=_image(view.get("picture", "")),
    )


def _image(svg: str) -> str:
    """A picture that stands in an attribute: whatever its words say, they are never markup."""
    code = base64.b64encode(svg.encode()).decode("ascii")
    return f"data:image/svg+xml;base64,{code}" if svg else ""


def _source(row: Mapping[str, Any]) -> SourceLine:
    return SourceLine(
        source=row["source"],
        title=row["title"],
        badge=_outcome(row),
        found=row["found"],
        done=row["done"],
        residue=row["residue"],
        reason=row["reason"],
        kept=_kept(row["kept"]),
        searched_at=row["searched_at"],
    )


def _outcome(row: Mapping[str, Any]) -> Badge:
    """An open line says whether the source was searched already, and whether it got stuck."""
    outcome = Outcome(row["outcome"])
    if outcome is not Outcome.OPEN:
        return Badge(row["words"], OUTCOMES[outcome])
    words = "Searched, still open" if row["searched_at"] else row["words"]
    return Badge(words, "trouble" if row["reason"] else OUTCOMES[outcome])


def _kept(rows: Sequence[Mapping[str, Any]]) -> tuple[Kept, ...]:
    """What a source keeps, one line for each kind of record and reason, however many end dates."""
    ends: dict[tuple[str, str, str], Counter[str]] = {}
    for row in rows:
        what = row.get("part") or "record"
        line = ends.setdefault((row["collection"], row["because"], what), Counter())
        line[row["until"] or ""] += row["count"]
    return tuple(
        Kept(
            collection=plain(collection),
            because=because,
            count=untils.total(),
            until=tuple((untils[end], end) for end in sorted(untils) if end),
            what=what,
        )
        for (collection, because, what), untils in ends.items()
    )


def _bundle(row: Mapping[str, Any]) -> Bundle:
    return Bundle(
        number=row["number"],
        name=row["file"],
        ready=row["state"] == READY,
        size=row["bytes"],
        sha256=row["sha256"],
        built_at=row["built_at"],
        until=row["until"],
    )


def _person(told: Mapping[str, Any]) -> Person:
    if "forgotten" in told:
        return Person(forgotten=told["forgotten"])
    pairs = tuple((plain(kind), value) for kind, value in told["identifiers"])
    return Person(pairs, told["words"])


def _sibling(row: Mapping[str, str]) -> Sibling:
    return Sibling(row["ref"], RIGHTS[Right(row["right"])][0], STATES[State(row["state"])])
