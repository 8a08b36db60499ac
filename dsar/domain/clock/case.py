"""What a rule is applied to, and the days that questions to the person leave out of the count."""

from dataclasses import dataclass
from datetime import date

from dsar.domain.calendar import ONE_DAY, Calendar, Roll, Term, after, rolled
from dsar.domain.clock.dates import DerivationStep, StepKind
from dsar.domain.clock.events import DatedEvent, OpenQuestion, spans
from dsar.domain.regimes import PeriodRule, QuestionEffect


@dataclass(frozen=True, slots=True)
class ClockCase:
    """What one reading of a rule is applied to; `steps` collects the explanation."""

    rule: PeriodRule
    right: str
    received: date
    happened: tuple[DatedEvent, ...]
    calendar: Calendar
    latest: bool
    steps: list[DerivationStep]

    @property
    def reply(self) -> Term | None:
        return (self.rule.reply_latest if self.latest else None) or self.rule.reply

    @property
    def roll(self) -> Roll:
        return self.rule.roll_latest if self.latest else self.rule.roll

    def say(
        self,
        rule: str,
        given: str,
        result: object,
        kind: StepKind | None = None,
        /,
        **facts: object,
    ) -> None:
        """Add a step to the explanation; `kind` and `facts` where it moved the day."""
        told = {name: str(fact) for name, fact in facts.items()}
        self.steps.append(DerivationStep(rule, given, str(result), kind, told))

    def after(self, start: date, period: Term) -> date:
        """Return the last day of `period`, before pauses and rolling."""
        return after(start, period, calendar=self.calendar, closed=self.rule.closed)

    def rolled(self, day: date) -> date:
        """Return the day the period may end on instead of `day`."""
        return rolled(day, self.roll, calendar=self.calendar)

    def spans(self, effect: QuestionEffect) -> list[OpenQuestion]:
        """Pair each question of this effect with its answers, in the order they were asked."""
        found = [
            span
            for question in self.rule.questions
            if question.effect is effect and self.right in (question.only_for or (self.right,))
            for span in spans(question, self.happened)
        ]
        return sorted(found, key=lambda span: span.asked)


@dataclass(frozen=True, slots=True)
class Pause:
    """Days left out of the count because of one question, from `span.asked` on."""

    span: OpenQuestion
    days: int
    end: date


def pauses_of(case: ClockCase, start: date, end: date) -> tuple[list[Pause], date | None]:
    """Leave out the days between question and answer, each day once, and push the end by them.

    The day of asking is left out, the day of the answer only in the latest reading where the
    statute says so. Days before the start are not counted anyway, and a question asked after the
    end stops nothing. An open question pushes nothing yet: the second value says since when the
    clock stands still.
    """
    pauses: list[Pause] = []
    open_since: date | None = None
    left_out_until = start
    for span in case.spans(QuestionEffect.STOPS_CLOCK):
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
        pauses.append(Pause(span, days, end))
    return pauses, open_since


def end_after_pauses(case: ClockCase, start: date, end: date) -> date:
    """Return the end of a period from `start`, pushed by its pauses, before rolling."""
    pauses, _open = pauses_of(case, start, end)
    return pauses[-1].end if pauses else end
