"""What a letter can say of a ticket: plain texts, lists and tables, in its language's words."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dsar.domain.controller import Controller
from dsar.domain.coverage import FILE, Outcome, TicketOutcome, asked, outcome_of, why_kept
from dsar.domain.regimes import Regime
from dsar.domain.rights import Right
from dsar.services.law import regimes
from dsar.services.letters.grammar import TABLES
from dsar.services.letters.person import Person
from dsar.services.letters.wording import Facts
from dsar.services.letters.words import article
from dsar.services.runtime.because import Because
from dsar.services.runtime.installation import Unit
from dsar.store.coverage import lines
from dsar.store.tables import CoverageLine, Request, Ticket
from dsar.words import SpokenLanguage, Words


def of_ticket(
    session: Unit, ticket: Ticket, request: Request, because: Because
) -> Callable[[Words], Facts]:
    """The facts of a letter about a ticket as it stands, in any language it may be written in."""
    installation, regime = session.installation, regimes.load(ticket.regime)
    now, found = session.now(), lines(session, ticket.id)

    def facts(words: Words) -> Facts:
        spoken = installation.spoken(words.tag)
        person = Person.of(spoken, words, regime, installation.controller)
        return {
            **standing(words, installation.controller, regime, ticket.right),
            "reference": ticket.ref,
            "received_on": words.date(_local(request.received_at, installation.controller)),
            "due_on": words.date(ticket.due_on),
            "today": words.date(_local(now, installation.controller)),
            "deadline_words": _deadline(ticket, words),
            "reasons": _reasons(found, because, person),
            "answer": _answer(found, ticket, spoken),
            "unsearched": [one for line in found for one in _unsearched(line, person)],
            "gaps": [gap for line in found for gap in _gaps(line, person)],
            "link": "",
        }

    return facts


@dataclass(frozen=True, slots=True)
class CitedLaw:
    """A law in the words of a language: its title, the article of a right, where to complain."""

    title: str
    article: str
    complaint: str
    remedy: str


def cited(words: Words, regime: Regime, right: Right) -> CitedLaw:
    """What a letter or a report says of the law; where a language has no words for it, its own."""
    here = words["complaint"].get(regime.id, {})
    return CitedLaw(
        title=words["law"].get(regime.id, regime.title),
        article=article(words, regime.id, right),
        complaint=here.get("body") or regime.complaint.body,
        remedy=here.get("text") or regime.complaint.text,
    )


def standing(
    words: Words, controller: Controller, regime: Regime, right: Right
) -> dict[str, object]:
    """The facts that are the same for every ticket of a right under a regime."""
    law = cited(words, regime, right)
    own = TABLES["controller"] - {"authority"}
    who = {key: str(getattr(controller, key)) for key in own}
    who["authority"] = controller.authority.name
    shown = ("name", "address", "email", "phone", "officer")
    return {
        "controller": who,
        "signature": "\n".join(who[key] for key in shown if who[key]),
        "right": {one.value: one is right for one in Right},
        "right_title": words["right"][right.value],
        "article": law.article,
        "complaint": law.complaint,
        "remedy": law.remedy,
    }


def _local(instant: datetime, controller: Controller) -> date:
    return instant.astimezone(ZoneInfo(controller.timezone)).date()


def _deadline(ticket: Ticket, words: Words) -> str:
    """What is said where the law names no day, or while the clock stands still."""
    if ticket.due_on is not None:
        return ""
    waits = ticket.clock.get("waiting_for") or ticket.clock.get("paused_since")
    return str(words["deadline"]["waiting" if waits else "none"])


def _reasons(found: Sequence[CoverageLine], because: Because, person: Person) -> list[str]:
    """The ground in the law's words and what staff wrote; else why the sources kept things."""
    if because.ground:
        person.regime.citation(because.ground)  # BadInput where the law knows no such ground
    cited = person.cited(because.ground) if because.ground else ""
    given = [text for text in (cited, because.reason.strip()) if text]
    if given:
        return given
    kept = [person.told(why_kept(one)) for line in found for one in line.kept]
    failed = any(line.outcome == Outcome.COULD_NOT for line in found)
    said = [*kept, *([str(person.letters["reason"]["failed"])] if failed else [])]
    return list(dict.fromkeys(text for text in said if text))


def _gaps(line: CoverageLine, person: Person) -> list[str]:
    """What one source did not do or hand over, with its reason."""
    words, found = person.letters, []
    if line.outcome == Outcome.COULD_NOT:
        why = person.told(line.reason)
        found.append(words.say("gap", "failed", source=line.title, reason=why))
    for kept in line.kept:
        one = FILE if kept.get("part") == FILE else "record"
        why = _until(person.told(why_kept(kept)), kept.get("until"), words)
        told = words.say("gap", one, source=line.title, count=kept["count"], because=why)
        found.append(re.sub(r"\s+", " ", told))
    return found


def _answer(found: Sequence[CoverageLine], ticket: Ticket, spoken: SpokenLanguage) -> str:
    """The report's own sentence that nothing is held; "" where that is not the answer."""
    done = any(asked(line.outcome, line.searched_at) for line in found)
    if not done or outcome_of(found) is not TicketOutcome.NOTHING_HELD:
        return ""
    return str(spoken.words("report")["nothing_held"][ticket.right.value])


def _unsearched(line: CoverageLine, person: Person) -> list[str]:
    """A source that was not searched, with what the person would have to be known by there."""
    if line.outcome != Outcome.NOT_ASKED:
        return []
    why = person.told(line.reason)
    return [person.letters.say("gap", "failed", source=line.title, reason=why)]


def _until(because: str, until: object, words: Words) -> str:
    if not until:
        return because
    day = words.date(date.fromisoformat(str(until)))
    return words.say("gap", "until", because=because, day=day)
