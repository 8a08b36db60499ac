"""What staff can do with a ticket now, each with the command that does it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import join

from dsar.domain.lifecycle import Event
from dsar.domain.regimes import Regime
from dsar.services.views.supplements import SupplementView
from dsar.services.views.tickets import PossibleEvent, TicketView
from dsar.web.console.words import EVENTS

WHO = "YOUR-NAME"

#: What a condition asks to be given, as an option of the command and what to write there.
OPTIONS: Mapping[str, tuple[str, str]] = {
    "reasoned": ("--reason", "WHY"),
    "ground_for_refusal": ("--ground", "GROUND"),
    "decision_maker": ("--decision", "WHAT-IS-DECIDED"),
}

#: What single events ask beside that.
_MORE: Mapping[Event, tuple[str, ...]] = {Event.REVISE: ("--rule", "PLACE=VERDICT:GROUND")}

_WAYS_OUT = frozenset({Event.REFUSE, Event.WITHDRAW, Event.CLOSE})


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing that can be done: in words, as a command, or what stands in its way."""

    words: str
    command: str
    blocked_by: tuple[str, ...]
    choices: tuple[str, ...] = ()


def steps(ticket: TicketView, regime: Regime) -> tuple[NextStep, ...]:
    """Every step that is possible for staff: what leads on first, then what stays, then out."""

    def rank(row: PossibleEvent) -> tuple[bool, bool, bool]:
        return bool(row.blocked_by), row.event in _WAYS_OUT, row.to == ticket.state

    return tuple(_step(ticket, row, regime) for row in sorted(ticket.possible, key=rank))


def _step(ticket: TicketView, row: PossibleEvent, regime: Regime) -> NextStep:
    asked = "ground_for_refusal" in row.asks
    choices = tuple(sorted(regime.refusal.of(ticket.right))) if asked else ()
    command = join(["dsar", *_arguments(ticket, row)])
    return NextStep(EVENTS[row.event], command, row.blocked_by, choices)


def _arguments(ticket: TicketView, row: PossibleEvent) -> Iterator[str]:
    """Confirming who asks is about the whole request, almost everything else about this ticket."""
    if row.event is Event.CONFIRM_IDENTITY:
        yield from ("request", "confirm", ticket.request, "--by", WHO, "--reason", "WHY")
        return
    if row.event is Event.SEARCH_ANEW:
        yield from ("ticket", "supplement", ticket.ref, "--identifier", "KIND=VALUE")
        yield from ("--by", WHO, "--reason", "HOW-YOU-KNOW")
        return
    yield from ("ticket", "act", ticket.ref, row.event.value, "--by", WHO)
    for name in row.asks:
        yield from OPTIONS[name]
    yield from _MORE.get(row.event, ())


def ask_again(ref: str, told: SupplementView) -> str:
    """The command that asks again what a ticket ended without; nothing where none can be asked.

    Sources are named where there are several, so that one can be left out.
    """
    if not told.askable:
        return ""
    named = [w for name in told.askable for w in ("--source", name)] if len(told.gaps) > 1 else []
    rest = ("--by", WHO, "--reason", "WHY-IT-CAN-NOW")
    return join(["dsar", "ticket", "supplement", ref, *named, *rest])
