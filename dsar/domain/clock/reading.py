"""One reading of a rule: when the clock starts, what stops it, when it ends, how far it extends.

Every rule is read twice, cautiously and at its latest arguable; the two differ only in what the
rule's data says can be read two ways.
"""

from dataclasses import dataclass
from datetime import date

from dsar.domain.calendar import ONE_DAY, Calendar, Roll, Term, Unit, after, rolled
from dsar.domain.clock.dates import ClockEvent, Step
from dsar.domain.clock.events import Dated, Span, spans
from dsar.domain.regimes import ClockEventType, Effect, Extension, Rule


@dataclass(frozen=True, slots=True)
class Case:
    """What one reading of a rule is applied to; `steps` collects the explanation."""

    rule: Rule
    right: str
    received: date
    happened: tuple[Dated, ...]
    calendar: Calendar
    latest: bool
    steps: list[Step]

    @property
    def reply(self) -> Term | None:
        return (self.rule.reply_latest if self.latest else None) or self.rule.reply

    @property
    def roll(self) -> Roll:
        return self.rule.roll_latest if self.latest else self.rule.roll

    def say(self, rule: str, given: str, result: object) -> None:
        """Add a step to the explanation."""
        self.steps.append(Step(rule, given, str(result)))

    def after(self, start: date, period: Term) -> date:
        """Return the last day of `period`, before pauses and rolling."""
        return after(start, period, calendar=self.calendar, closed=self.rule.closed)

    def rolled(self, day: date) -> date:
        """Return the day the period may end on instead of `day`."""
        return rolled(day, self.roll, calendar=self.calendar)

    def spans(self, effect: Effect) -> list[Span]:
        """Pair each question of this effect with its answers, in the order they were asked."""
        found = [
            span
            for question in self.rule.questions
            if question.effect is effect and self.right in (question.only_for or (self.right,))
            for span in spans(question, self.happened)
        ]
        return sorted(found, key=lambda span: span.asked)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reading gives."""

    start: date | None = None
    due: date | None = None
    extended: date | None = None
    extension_valid: bool | None = None
    paused_since: date | None = None
    waiting_for: tuple[str, ...] = ()

    @property
    def effective(self) -> date | None:
        return self.extended if self.extension_valid else self.due


@dataclass(frozen=True, slots=True)
class _Pause:
    """Days left out of the count because of one question, from `span.asked` on."""

    span: Span
    days: int
    end: date


def outcome(case: Case) -> Outcome:
    """Apply one reading of the rule and explain each step."""
    start, waiting = _start(case)
    if start is None:
        return Outcome(waiting_for=waiting)
    case.say("Day the period runs from", f"received {case.received}", start)
    if case.reply is None:
        case.say(case.rule.source, "period for the reply", "the law names no number")
        return Outcome(start=start)
    plain_end = case.after(start, case.reply)
    case.say(case.rule.source, f"{case.reply} from {start}", plain_end)
    pauses, open_since = _pauses(case, start, plain_end)
    end = pauses[-1].end if pauses else plain_end
    _explain_pauses(case, pauses, open_since)
    due = _explained_roll(case, end)
    extended, valid = _extension(case, start, end=end, due=due)
    return Outcome(start, due, extended, valid, open_since)


# --- start --------------------------------------------------------------------------------------


def _start(case: Case) -> tuple[date | None, tuple[str, ...]]:
    """Return the day the period runs from, or what it waits for.

    It is the latest of receipt and the answers to questions asked while the period ran; a question
    asked after the last day cannot bring the period back.
    """
    start = case.received
    waiting: list[str] = []
    for span in case.spans(Effect.DELAYS_START):
        last_day = _last_day(case, start)
        asked = f"{span.question.asked.value} on {span.asked}"
        if last_day is not None and span.asked > last_day:
            case.say(span.question.source, f"{asked}, after {last_day}", "too late: no effect")
        elif span.answered is None:
            waiting.append(" or ".join(answer.value for answer in span.question.answered))
            case.say(span.question.source, f"{asked}, no answer", "the period has not begun")
        else:
            start = max(start, _beginning(case, span, span.answered))
            given = f"{asked}, answered on {span.answered}"
            case.say(span.question.source, given, f"the period runs from {start}")
    return (None, tuple(waiting)) if waiting else (start, ())


def _beginning(case: Case, span: Span, answered: date) -> date:
    wait = span.question.latest_start_days
    if case.latest and wait is not None:
        return max(answered, span.asked + wait * ONE_DAY)
    return answered


def _last_day(case: Case, start: date) -> date | None:
    if case.reply is None:
        return None
    end = case.after(start, case.reply)
    pauses, _open = _pauses(case, start, end)
    return case.rolled(pauses[-1].end if pauses else end)


# --- pauses -------------------------------------------------------------------------------------


def _pauses(case: Case, start: date, end: date) -> tuple[list[_Pause], date | None]:
    """Leave out the days between question and answer, each day once, and push the end by them.

    The day of asking is left out, the day of the answer only in the latest reading where the
    statute says so. Days before the start are not counted anyway, and a question asked after the
    end stops nothing. An open question pushes nothing yet: the second value says since when the
    clock stands still.
    """
    pauses: list[_Pause] = []
    open_since: date | None = None
    left_out_until = start
    for span in case.spans(Effect.STOPS_CLOCK):
        if span.asked > end:
            continue
        if span.answered is None:
            open_since = min(open_since or span.asked, span.asked)
            continue
        too = case.latest and span.question.answer_day_excluded_at_latest
        runs_again = span.answered + ONE_DAY if too else span.answered
        days = max((runs_again - max(span.asked, left_out_until)).days, 0)
        left_out_until = max(left_out_until, runs_again)
        end += days * ONE_DAY
        pauses.append(_Pause(span, days, end))
    return pauses, open_since


def _explain_pauses(case: Case, pauses: list[_Pause], open_since: date | None) -> None:
    for pause in pauses:
        span = pause.span
        given = f"{span.question.asked.value} on {span.asked}, answered on {span.answered}"
        case.say(span.question.source, f"{given}: {pause.days} days do not count", pause.end)
    counted = [pause.span for pause in pauses]
    for span in case.spans(Effect.STOPS_CLOCK):
        if span not in counted and (open_since is None or span.answered is not None):
            given = f"{span.question.asked.value} on {span.asked}, after the last day"
            case.say(span.question.source, given, "too late: no effect")
    if open_since:
        result = "every day until the answer moves the end; shown as if it came at once"
        case.say("Clock stands still", f"question of {open_since} not answered", result)


# --- end ----------------------------------------------------------------------------------------


def _explained_roll(case: Case, end: date) -> date:
    due = case.rolled(end)
    if due == end:
        return due
    reasons = case.calendar.closed_because(end)
    case.say("Last day is no working day", f"{end} is {reasons} ({case.calendar.name})", due)
    skipped = [end + number * ONE_DAY for number in range((due - end).days)]
    regional = [day for day in skipped if case.calendar.regional(day)]
    if regional:
        given = ", ".join(f"{day} {case.calendar.holiday_on(day)}" for day in regional)
        result = "counted because a subdivision was given; without it the date can be earlier"
        case.say("Regional holiday", given, result)
    return due


# --- extension ----------------------------------------------------------------------------------


def _extension(case: Case, start: date, *, end: date, due: date) -> tuple[date | None, bool | None]:
    """Return the extended date and whether a notified extension counts (None: none notified)."""
    rule = case.rule.extension
    notices = [n for n in case.happened if n.event.type is ClockEventType.EXTENSION_NOTIFIED]
    if rule is None:
        for notice in notices:
            case.say(case.rule.source, f"extension notified on {notice.day}", "no extension: void")
        return None, False if notices else None
    longest = _extended(case, start, end=end, length=rule.at_most) if rule.at_most else None
    if not notices:
        furthest = longest or "a date the notice must name"
        case.say(rule.source, f"no extension notified; notice possible by {due}", furthest)
        return longest, None
    for index, notice in enumerate(notices):
        new = _notified(case, notice, rule=rule, start=start, end=end, due=due, longest=longest)
        if new is not None:
            _explain_second(case, rule, notices[index + 1 :])
            return new, True
    return longest, False


def _notified(
    case: Case,
    notice: Dated,
    *,
    rule: Extension,
    start: date,
    end: date,
    due: date,
    longest: date | None,
) -> date | None:
    """Return the date a notice gives, or None, explained, where it has no effect."""
    length = _length(notice.event) or rule.at_most
    given = f"extension by {length or 'no named length'} notified on {notice.day}"
    if notice.day > due:
        case.say(rule.source, f"{given}, due by {due}", "late notice: no effect")
        return None
    if length is None:
        case.say(rule.source, given, "it names no new date: no effect")
        return None
    new = _extended(case, start, end=end, length=length)
    if longest is not None and new > longest:
        if not case.latest:
            case.say(rule.source, f"{given}, at most {rule.at_most}", "too long: no effect")
            return None
        new = longest
    case.say(rule.source, f"{given}, in time by {due}, counted from {start}", new)
    return new


def _explain_second(case: Case, rule: Extension, notices: list[Dated]) -> None:
    for notice in notices:
        case.say(rule.source, f"again notified on {notice.day}", "one extension only: no effect")


def _length(event: ClockEvent) -> Term | None:
    if event.months is not None:
        return Term(event.months, Unit.MONTHS)
    return Term(event.days, Unit.DAYS) if event.days is not None else None


def _extended(case: Case, start: date, *, end: date, length: Term) -> date:
    """Count reply and extension together from the start; months are never chained."""
    if case.reply is None or case.reply.unit is not length.unit:
        return case.rolled(case.after(end, length))
    whole = case.after(start, case.reply + length)
    pauses, _open = _pauses(case, start, whole)
    return case.rolled(pauses[-1].end if pauses else whole)
