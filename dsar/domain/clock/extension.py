"""The one extension a law allows, if its notice was sent in time and names no longer period."""

from datetime import date

from dsar.domain.calendar import PeriodUnit, Term
from dsar.domain.clock.case import ClockCase, end_after_pauses
from dsar.domain.clock.dates import ClockEvent, StepKind
from dsar.domain.clock.events import DatedEvent
from dsar.domain.regimes import ClockEventType, Extension


def extension_of(
    case: ClockCase, start: date, *, end: date, due: date
) -> tuple[date | None, bool | None]:
    """Return the extended date, if there is or can be one, and whether a notice counts.

    The second is None where none was notified.
    """
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
    # Behind a notice that came too late no other can be in time any more.
    possible = all(notice.day <= due for notice in notices)
    return longest if possible else None, False


def _notified(
    case: ClockCase,
    notice: DatedEvent,
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
    facts = {"term": length, "told": notice.day, "result": new}
    given = f"{given}, in time by {due}, counted from {start}"
    case.say(rule.source, given, new, StepKind.EXTENDED, **facts)
    return new


def _explain_second(case: ClockCase, rule: Extension, notices: list[DatedEvent]) -> None:
    for notice in notices:
        case.say(rule.source, f"again notified on {notice.day}", "one extension only: no effect")


def _length(event: ClockEvent) -> Term | None:
    if event.months is not None:
        return Term(event.months, PeriodUnit.MONTHS)
    return Term(event.days, PeriodUnit.DAYS) if event.days is not None else None


def _extended(case: ClockCase, start: date, *, end: date, length: Term) -> date:
    """Count reply and extension together from the start; months are never chained."""
    if case.reply is None or case.reply.unit is not length.unit:
        return case.rolled(case.after(end, length))
    whole = case.after(start, case.reply + length)
    return case.rolled(end_after_pauses(case, start, whole))
