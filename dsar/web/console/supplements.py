"""Sources that were given up when a ticket ended, and the tickets that ask them again."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from shlex import join
from typing import Any

from dsar.domain.coverage import Outcome
from dsar.domain.lifecycle import ENDS, Event, State
from dsar.web.console.steps import WHO
from dsar.web.console.words import STATES, Badge

BEGUN = "supplement_begun"


@dataclass(frozen=True, slots=True)
class Linked:
    """A ticket at the other end: its reference and how it stands."""

    ref: str
    state: Badge


@dataclass(frozen=True, slots=True)
class Gap:
    """A source that was given up: why, since when it could not, and when and by whom."""

    source: str
    title: str
    reason: str
    since: str | None
    given_up_at: str | None
    by: str
    asked_again: tuple[Linked, ...]


@dataclass(frozen=True, slots=True)
class Supplements:
    """The gaps a ticket ended with, and how they are closed; or the ticket this one supplements.

    `command` asks again what is still missing; `blocked` is what stands in its way. `asks` are the
    sources this ticket covers for the other one.
    """

    gaps: tuple[Gap, ...] = ()
    command: str = ""
    blocked: str = ""
    of: Linked | None = None
    asks: tuple[str, ...] = ()


NOTHING = Supplements()


def supplements(view: Mapping[str, Any], known: Container[str]) -> Supplements:
    """What a ticket's report says of its gaps; `known` are the sources configured now."""
    states = {one["ref"]: State(one["state"]) for one in view["siblings"]}
    first = next((e["data"] for e in _begun(view) if "of" in e["data"]), None)
    titles = {row["source"]: row["title"] for row in view["coverage"]}
    gaps = _gaps(view, states) if view["state"] == State.PARTLY_FULFILLED else ()
    missing = tuple(gap for gap in gaps if not _is_filled(gap))
    blocked = _blocked(view, missing, states, known)
    wanted = [gap.source for gap in missing if gap.source in known]
    return Supplements(
        gaps=gaps,
        command=_command(view["ref"], wanted, len(gaps)) if wanted and not blocked else "",
        blocked=blocked,
        of=_linked(first["of"], states) if first else None,
        asks=tuple(titles.get(name, name) for name in first["sources"]) if first else (),
    )


def _begun(view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in view["journal"] if entry["event"] == BEGUN]


def _gaps(view: Mapping[str, Any], states: Mapping[str, State]) -> tuple[Gap, ...]:
    return tuple(
        _gap(row, view["journal"], states)
        for row in view["coverage"]
        if row["outcome"] == Outcome.COULD_NOT
    )


def _gap(
    row: Mapping[str, Any], journal: Sequence[Mapping[str, Any]], states: Mapping[str, State]
) -> Gap:
    """It was given up by the first gap that was accepted after it had last got stuck."""
    source = row["source"]
    stuck = [e for e in journal if e["event"] == "task_stuck" and e["data"]["source"] == source]
    last = stuck[-1:]
    since = [e["at"] for e in stuck for its in last if e["data"]["task"] == its["data"]["task"]]
    after = last[0]["seq"] if last else 0
    accepted = [e for e in journal if e["event"] == Event.ACCEPT_GAP and e["seq"] > after]
    given_up = accepted[0] if accepted else None
    again = (e["data"] for e in journal if e["event"] == BEGUN and "by" in e["data"])
    return Gap(
        source=source,
        title=row["title"],
        reason=row["reason"],
        since=since[0] if since else None,
        given_up_at=given_up["at"] if given_up else None,
        by=str(given_up["actor"]).partition(":")[2] if given_up else "",
        asked_again=tuple(_linked(d["by"], states) for d in again if source in d["sources"]),
    )


def _linked(ref: str, states: Mapping[str, State]) -> Linked:
    return Linked(ref, STATES[states[ref]])


def _is_filled(gap: Gap) -> bool:
    """Whether a supplement ended with everything that was asked of the source."""
    return any(one.state == STATES[State.FULFILLED] for one in gap.asked_again)


def _blocked(
    view: Mapping[str, Any],
    missing: Sequence[Gap],
    states: Mapping[str, State],
    known: Container[str],
) -> str:
    """Why none can be begun now; nothing where one can, or where nothing is missing."""
    if not missing:
        return ""
    if "forgotten" in view["person"]:
        return "The person was forgotten, so nothing can be asked any more."
    begun = [e["data"]["by"] for e in _begun(view) if "by" in e["data"]]
    under_way = [ref for ref in begun if states[ref] not in ENDS]
    if under_way:
        return f"{under_way[0]} is under way; see to that one first."
    if not any(gap.source in known for gap in missing):
        return "It is configured no more; put it back into sources.toml first."
    return ""


def _command(ref: str, wanted: Sequence[str], every: int) -> str:
    """Sources are named where there are several, so that one can be left out."""
    named = [word for name in wanted for word in ("--source", name)] if every > 1 else []
    rest = ("--by", WHO, "--reason", "WHY-IT-CAN-NOW")
    return join(["dsar", "ticket", "supplement", ref, *named, *rest])
