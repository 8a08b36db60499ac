"""The clock: every date a ticket must meet, derived from the law's text and explained step by step.

`derive` is pure: the same regime version, calendar, time zone, right and events give the same
dates for ever, so a ticket stores its inputs and its explanation and is recomputed on every event.
Where law and guidance count differently the cautious date rules and the latest arguable one stands
beside it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dsar.domain.calendar import Calendar, first_late_instant
from dsar.domain.clock.case import ClockCase
from dsar.domain.clock.dates import ClockEvent, Dates, DerivationStep, StepKind, Stretch, plain
from dsar.domain.clock.events import dated, local_day_of_receipt, zone_named
from dsar.domain.clock.interpretation import ReadingDates, outcome
from dsar.domain.regimes import ClockEventType, PeriodRule, Regime

__all__ = [
    "ClockEvent",
    "ClockEventType",
    "Dates",
    "DerivationStep",
    "StepKind",
    "Stretch",
    "derive",
]


def derive(
    regime: Regime,
    right: str,
    *,
    received_at: datetime,
    timezone: str,
    calendar: Calendar,
    events: Sequence[ClockEvent] = (),
) -> Dates:
    """Derive every date of a request for `right` received at `received_at` (aware).

    `timezone` is the controller's legal time zone, `calendar` the holidays of its establishment.
    Raises BadInput naming the field for a right the regime does not know, a naive time, an unknown
    zone, an event out of order, before receipt or answering nothing.
    """
    zone = zone_named(timezone)
    received = local_day_of_receipt(received_at, zone)
    happened = dated(events, received_at=received_at, zone=zone)
    rule = regime.rule_on(right, received)
    given = f"{received_at.isoformat()} in {timezone}"
    steps = [DerivationStep("Local date of receipt", given, str(received))]
    if rule is None:
        steps.append(_not_in_force(regime, right, received))
        return _nothing(regime, right, received=received, calendar=calendar, steps=steps)
    steps.append(_rule_applied(regime, rule))
    case = ClockCase(rule, right, received, happened, calendar, latest=False, steps=steps)
    later = ClockCase(rule, right, received, happened, calendar, latest=True, steps=[])
    return _dates(regime, case, zone=zone, cautious=outcome(case), latest=outcome(later))


def _dates(
    regime: Regime, case: ClockCase, *, zone: ZoneInfo, cautious: ReadingDates, latest: ReadingDates
) -> Dates:
    rule, effective = case.rule, cautious.effective
    acknowledge = _acknowledge_by(case)
    appeal, appeal_extended = _appeal(case)
    latest_due, latest_effective = _latest(case, cautious, latest)
    return Dates(
        regime=regime.id,
        regime_version=regime.version,
        calendar=case.calendar.name,
        right=str(case.right),
        received=case.received,
        rule=rule.id,
        basis=rule.basis.value,
        certainty=rule.certainty.value,
        in_force=True,
        act_at_once=regime.act_at_once.get(case.right),
        clock_start=cautious.start,
        ack_by=acknowledge,
        extension_notice_by=cautious.due if rule.extension else None,
        due=cautious.due,
        due_extended=cautious.extended,
        extension_valid=cautious.extension_valid,
        appeal_due=appeal,
        appeal_due_extended=appeal_extended,
        due_latest_arguable=latest_due,
        effective_due=effective,
        effective_due_latest_arguable=latest_effective,
        deadline_passes_at_utc=_passes(case, effective, zone),
        stood_still=cautious.stood_still,
        paused_since=cautious.paused_since,
        waiting_for=cautious.waiting_for,
        explanation=tuple(case.steps),
    )


def _nothing(
    regime: Regime, right: str, *, received: date, calendar: Calendar, steps: list[DerivationStep]
) -> Dates:
    """Owe nothing: a duty is never invented before its first day or after its last."""
    return Dates(
        regime=regime.id,
        regime_version=regime.version,
        calendar=calendar.name,
        right=str(right),
        received=received,
        rule=None,
        basis=None,
        certainty=None,
        in_force=False,
        explanation=tuple(steps),
    )


def _spell(rule: PeriodRule) -> str:
    return f"from {rule.since}" + (f" through {rule.until}" if rule.until else "")


def _not_in_force(regime: Regime, right: str, received: date) -> DerivationStep:
    spells = "; ".join(_spell(rule) for rule in regime.rules_for(right))
    return DerivationStep(
        "In force by day of receipt", f"received {received}; in force {spells}", "no duty"
    )


def _rule_applied(regime: Regime, rule: PeriodRule) -> DerivationStep:
    given = f"{regime.id} {regime.version}, rule {rule.id}, in force {_spell(rule)}"
    result = f"{rule.source} ({rule.basis.value}; certainty: {rule.certainty.value}). {rule.note}"
    return DerivationStep("Rule that applies", given, result.strip())


def _acknowledge_by(case: ClockCase) -> date | None:
    """Count the acknowledgement from receipt itself: no question delays it."""
    period = case.rule.acknowledge
    if period is None:
        return None
    by = case.rolled(case.after(case.received, period))
    case.say("Acknowledge the request", f"{period} from {case.received}", by)
    return by


def _appeal(case: ClockCase) -> tuple[date | None, date | None]:
    received = [n.day for n in case.happened if n.event.type is ClockEventType.APPEAL_RECEIVED]
    if not received:
        return None, None
    rule = case.rule.appeal
    if rule is None:
        case.say("Appeal", f"received {received[0]}", "this law names no period for an appeal")
        return None, None
    due = case.rolled(case.after(received[0], rule.reply))
    case.say(rule.source, f"{rule.reply} from the appeal of {received[0]}", due)
    if rule.extension is None:
        return due, None
    extended = case.rolled(case.after(received[0], rule.reply + rule.extension))
    case.say(rule.source, f"{rule.reply} and {rule.extension} from {received[0]}", extended)
    return due, extended


def _latest(
    case: ClockCase, cautious: ReadingDates, latest: ReadingDates
) -> tuple[date | None, date | None]:
    """Return the latest arguable `due` and effective date; None where a question is open."""
    if latest.paused_since:
        return None, None
    due = _later(cautious.due, latest.due)
    effective = _later(cautious.effective, latest.effective)
    if due and due != cautious.due:
        case.say("Latest arguable reading", f"cautious {cautious.due}", due)
    if effective and effective not in (due, cautious.effective):
        case.say("Latest arguable, extended", f"cautious {cautious.effective}", effective)
    return due, effective


def _later(cautious: date | None, latest: date | None) -> date | None:
    return max(cautious, latest) if cautious and latest else None


def _passes(case: ClockCase, effective: date | None, zone: ZoneInfo) -> datetime | None:
    if effective is None:
        return None
    passes = first_late_instant(effective, zone)
    case.say("The last day ends at midnight", f"{effective} in {zone.key}", plain(passes))
    return passes
