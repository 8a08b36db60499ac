"""One reading of a rule: when the clock starts, what stops it, when it ends.

Every rule is read twice, cautiously and at its latest arguable; the two differ only in what the
rule's data says can be read two ways.
"""

from dataclasses import dataclass
from datetime import date

from dsar.domain.calendar import ONE_DAY
from dsar.domain.clock.case import ClockCase, Pause, end_after_pauses, pauses_of
from dsar.domain.clock.dates import StepKind, Stretch
from dsar.domain.clock.events import OpenQuestion
from dsar.domain.clock.extension import extension_of
from dsar.domain.regimes import QuestionEffect


@dataclass(frozen=True, slots=True)
class ReadingDates:
    """What one reading gives."""

    start: date | None = None
    due: date | None = None
    extended: date | None = None
    extension_valid: bool | None = None
    stood_still: tuple[Stretch, ...] = ()
    paused_since: date | None = None
    waiting_for: tuple[str, ...] = ()

    @property
    def effective(self) -> date | None:
        return self.extended if self.extension_valid else self.due


def outcome(case: ClockCase) -> ReadingDates:
    """Apply one reading of the rule and explain each step."""
    start, waiting = _start(case)
    if start is None:
        return ReadingDates(waiting_for=waiting)
    case.say("Day the period runs from", f"received {case.received}", start)
    if case.reply is None:
        case.say(case.rule.source, "period for the reply", "the law names no number")
        return ReadingDates(start=start)
    plain_end = case.after(start, case.reply)
    facts = {"term": case.reply, "start": start, "result": plain_end}
    given = f"{case.reply} from {start}"
    case.say(case.rule.source, given, plain_end, StepKind.PERIOD, **facts)
    pauses, open_since = pauses_of(case, start, plain_end)
    end = pauses[-1].end if pauses else plain_end
    _explain_pauses(case, pauses, open_since)
    due = _explained_roll(case, end)
    extended, valid = extension_of(case, start, end=end, due=due)
    return ReadingDates(start, due, extended, valid, _stood_still(pauses), open_since)


def _start(case: ClockCase) -> tuple[date | None, tuple[str, ...]]:
    """Return the day the period runs from, or what it waits for.

    It is the latest of receipt and the answers to questions asked while the period ran; a question
    asked after the last day cannot bring the period back.
    """
    start = case.received
    waiting: list[str] = []
    for span in case.spans(QuestionEffect.DELAYS_START):
        last_day = _last_day(case, start)
        asked = f"{span.question.asked.value} on {span.asked}"
        if last_day is not None and span.asked > last_day:
            case.say(span.question.source, f"{asked}, after {last_day}", "too late: no effect")
        elif span.answered is None:
            waiting.append(" or ".join(answer.value for answer in span.question.answered))
            case.say(span.question.source, f"{asked}, no answer", "the period has not begun")
        else:
            start = max(start, _beginning(case, span, span.answered))
            given, result = f"{asked}, answered on {span.answered}", f"the period runs from {start}"
            facts = {"asked": span.asked, "answered": span.answered, "result": start}
            case.say(span.question.source, given, result, StepKind.BEGUN, **facts)
    return (None, tuple(waiting)) if waiting else (start, ())


def _beginning(case: ClockCase, span: OpenQuestion, answered: date) -> date:
    wait = span.question.latest_start_days
    if case.latest and wait is not None:
        return max(answered, span.asked + wait * ONE_DAY)
    return answered


def _last_day(case: ClockCase, start: date) -> date | None:
    if case.reply is None:
        return None
    return case.rolled(end_after_pauses(case, start, case.after(start, case.reply)))


def _stood_still(pauses: list[Pause]) -> tuple[Stretch, ...]:
    spans = [pause.span for pause in pauses if pause.days]
    return tuple(Stretch(span.asked, span.answered) for span in spans if span.answered)


def _explain_pauses(case: ClockCase, pauses: list[Pause], open_since: date | None) -> None:
    for pause in pauses:
        span = pause.span
        given = f"{span.question.asked.value} on {span.asked}, answered on {span.answered}"
        given = f"{given}: {pause.days} days do not count"
        facts = {"asked": span.asked, "answered": span.answered, "days": pause.days}
        source, end = span.question.source, pause.end
        case.say(source, given, end, StepKind.PAUSED, **facts, result=end)
    counted = [pause.span for pause in pauses]
    for span in case.spans(QuestionEffect.STOPS_CLOCK):
        if span not in counted and (open_since is None or span.answered is not None):
            given = f"{span.question.asked.value} on {span.asked}, after the last day"
            case.say(span.question.source, given, "too late: no effect")
    if open_since:
        result = "every day until the answer moves the end; shown as if it came at once"
        case.say("Clock stands still", f"question of {open_since} not answered", result)


def _explained_roll(case: ClockCase, end: date) -> date:
    due = case.rolled(end)
    if due == end:
        return due
    reasons = case.calendar.closed_because(end)
    facts = {"day": end, "why": reasons, "result": due}
    given = f"{end} is {reasons} ({case.calendar.name})"
    case.say("Last day is no working day", given, due, StepKind.ROLLED, **facts)
    skipped = [end + number * ONE_DAY for number in range((due - end).days)]
    regional = [day for day in skipped if case.calendar.regional(day)]
    if regional:
        given = ", ".join(f"{day} {case.calendar.holiday_on(day)}" for day in regional)
        result = "counted because a subdivision was given; without it the date can be earlier"
        case.say("Regional holiday", given, result)
    return due
