"""The journal in plain sentences: a table from what happened to what is said about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dsar.domain.clock.thresholds import THRESHOLDS
from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import By, Event
from dsar.domain.regimes import Regime
from dsar.services.inquiries.reminders import OVERDUE, REMINDER
from dsar.services.views.tickets import JournalView
from dsar.web.console.words import TASKS, law
from dsar.web.pages import day, size

#: Each sentence may name `who` and whatever WORDS makes of the entry's data.
SENTENCES: Mapping[str, str] = {
    "received": "{who} took the request in ({channel}) under {regime}; {due}.",
    "alert": "{alert}",
    "task_stuck": "{task}{place} got stuck {attempts} and waits for a person.",
    "hours_outranked": "{task}{place} did not wait for the source's hours: the deadline is near.",
    "identifier_settled": "{who} settled whose an identifier is that {source} gave.",
    "identifiers_added": "{who} added what else the person is known by.",
    "supplement_begun": "{who} had sources asked again that had been given up.",
    "erasure_resumed": "{who} lifted a legal hold; what it had kept is due to be erased.",
    "lifting_announced": "{who} had the person told that the restriction ends.",
    "lifting_begun": "{who} noted that the person was told; the sources may lift it.",
    "lifting_retried": "{who} had sources asked again to lift the restriction.",
    "source_lifted": "The restriction has ended in {source}.",
    "lifted_by_hand": "{who} noted that the restriction was ended by hand in {source}.",
    "restriction_lifted": "The restriction has ended in every source.",
    "inquiry_asked": "{source} was asked.",
    "inquiry_answered": "{source} answered.",
    Event.ASK_IDENTITY: "{who} asked the person to prove who they are.",
    Event.REMIND: "The person was reminded to prove who they are.",
    Event.CONFIRM_IDENTITY: "{who} confirmed who asks.",
    Event.LAPSE: "No proof of identity came; the request lapsed.",
    Event.CLOSE: "{who} closed it without an answer.",
    Event.ASK_CLARIFICATION: "{who} asked the person what is meant.",
    Event.CLARIFY: "{who} noted what the person means.",
    Event.ASK_FEE: "{who} asked for a fee.",
    Event.FEE_SETTLED: "{who} noted that the fee is settled.",
    Event.ACCEPT: "{who} accepted the request.",
    Event.START: "The search of every source began.",
    Event.SOURCES_ANSWERED: "Every source had answered.",
    Event.SOURCE_FAILS: "A source could not be searched.",
    Event.NOBODY_FOUND: "No source found anybody by what is known of the person.",
    Event.ASK_IDENTIFIERS: "{who} asked the person what else they are known by.",
    Event.CONFIRM_NOTHING: "{who} confirmed that nothing is held of the person.",
    Event.SEARCH_ANEW: "{who} had every source searched anew.",
    Event.RETRY: "{who} had it tried again.",
    Event.ACCEPT_GAP: "{who} went on without what failed; the answer names the gap.",
    Event.APPROVE: "{who} approved what was decided.",
    Event.DECIDE: "{who} decided anew in place of the machine.",
    Event.REVISE: "{who} ruled on what was in doubt{rulings}.",
    Event.ACTED: "Every source had done what was asked.",
    Event.ACTION_FAILS: "A source could not do what was asked.",
    Event.CHECKED: "A second look found nothing left over.",
    Event.RESIDUE_FOUND: "A second look found records that should be gone.",
    Event.BUNDLE_BUILT: "Bundle {number} was built{bytes}.",
    Event.BUNDLE_FAILS: "The bundle could not be built.",
    "bundle_rebuilt": "Bundle {number} was built again{bytes}.",
    "file_looked_at": "{who} looked at a file of {source}.",
    "bundle_fetched": "{who} fetched bundle {number}{part}.",
    "bundle_destroyed": "The time of bundle {number} was over; it was destroyed.",
    Event.DELIVER: "{who} handed the answer over; the request is fulfilled.",
    Event.DELIVER_PART: "{who} handed over what could be done; the request is partly fulfilled.",
    Event.DELIVER_NOTHING: "{who} told the person that nothing is held of them.",
    Event.EXTEND: "{who} extended the period; {due}.",
    Event.REFUSE: "{who} refused the request.",
    Event.WITHDRAW: "The person withdrew the request.",
}


_THRESHOLDS = {row.name: row for row in THRESHOLDS}
#: What is raised when a source does not answer.
_UNANSWERED = {
    REMINDER: "A source that was asked has not answered yet.",
    OVERDUE: "A source that was asked did not answer by {day}.",
}


def _due(data: Mapping[str, Any]) -> str:
    return f"due {day(data['due'])}" if data.get("due") else "no due day"


def _place(data: Mapping[str, Any]) -> str:
    return f" in {data['source']}" if data.get("source") else ""


def _attempts(data: Mapping[str, Any]) -> str:
    number = data.get("attempts", 1)
    return "at the first attempt" if number == 1 else f"after {number} attempts"


def _rulings(data: Mapping[str, Any]) -> str:
    given = [str(ruling).rstrip(":") for ruling in data.get("rulings", ())]
    return f": {', '.join(given)}" if given else ""


def _alert(data: Mapping[str, Any]) -> str:
    """The threshold's own words; a daily one bears the day it was noticed, not the date watched."""
    name = str(data.get("alert", ""))
    row = _THRESHOLDS.get(name)
    if not data.get("day") or (row is None and name not in _UNANSWERED):
        return "A date of its clock was passed."
    on = day(data["day"])
    if row is None:
        return _UNANSWERED[name].format(day=on)
    return f"Overdue on {on}." if row.daily else row.words.format(day=on)


def _bytes(data: Mapping[str, Any]) -> str:
    return f" ({size(data['bytes'])})" if "bytes" in data else ""


def _part(data: Mapping[str, Any]) -> str:
    start = data.get("start")
    return f", from {size(start)} on" if start else ""


#: What a sentence may say of an entry's data, and how.
WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "channel": lambda data: str(data.get("channel", "")),
    "regime": lambda data: law(str(data.get("regime", ""))),
    "due": _due,
    "alert": _alert,
    "task": lambda data: TASKS.get(data.get("task", ""), "A task"),
    "place": _place,
    "source": lambda data: str(data.get("source", "A source")),
    "attempts": _attempts,
    "rulings": _rulings,
    "number": lambda data: str(data.get("number", "")),
    "bytes": _bytes,
    "part": _part,
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One entry of the history: its number, when, what happened, on which ground."""

    seq: int
    at: datetime
    sentence: str
    ground: str
    mine: bool


def moment(entry: JournalView, regime: Regime) -> HistoryLine:
    """An entry of the journal as a sentence; `mine` marks what a person did, not the engine."""
    data = entry.data
    by, _, name = entry.actor.partition(":")
    who = "dsar" if by == By.SYSTEM else name
    template = SENTENCES.get(entry.event)
    said = (
        template.format(who=who, **{word: speak(data) for word, speak in WORDS.items()})
        if template
        else f"{who}: {entry.event.replace('_', ' ')}."
    )
    ground = _citation(regime, data.get("because") or data.get("ground") or "")
    return HistoryLine(entry.seq, entry.at, said, ground, mine=by != By.SYSTEM)


def _citation(regime: Regime, ground: str) -> str:
    """What the law says to a ground; nothing where an older text of the law knew another one."""
    try:
        return regime.citation(ground) if ground else ""
    except BadInput:
        return ""
