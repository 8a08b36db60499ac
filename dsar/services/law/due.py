"""Dates for a line of plain values: what `dsar due` reads, and what a regime's examples give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dsar.domain.clock import ClockEvent, ClockEventType, Dates, derive
from dsar.domain.errors import BadInput
from dsar.domain.regimes import Example, Regime
from dsar.services.law.calendars import calendar_for
from dsar.services.law.regimes import load

#: The keys of a line; `id` is the caller's own and is handed back.
LINE_KEYS = (
    "id",
    "regime",
    "country",
    "subdivision",
    "timezone",
    "right",
    "received_at",
    "events",
)
_EVENT_KEYS = ("type", "at", "months", "days")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A worked example that does not come out: the date's name, what was promised, what came.

    `place` is the file and line of the example.
    """

    place: str
    example: str
    name: str
    expected: object
    found: object


def dates_of(line: Mapping[str, object], regime: Regime | None = None) -> Dates:
    """Derive the dates of one line of plain values.

    `regime` is the law to use instead of the shipped one of that id (to check a file before it
    ships). Raises BadInput naming the field, also for a key that is none of `LINE_KEYS`.
    """
    for key in line:
        if key not in LINE_KEYS:
            raise BadInput(key, "The key is unknown.", f"Known are: {', '.join(LINE_KEYS)}.")
    law = regime or load(_text(line, "regime"))
    return derive(
        law,
        _text(line, "right"),
        received_at=_instant(_text(line, "received_at"), "received_at"),
        timezone=_text(line, "timezone"),
        calendar=calendar_for(law, _maybe(line, "country"), _maybe(line, "subdivision")),
        events=events_of(line.get("events")),
    )


def mismatches(regime: Regime) -> list[Mismatch]:
    """Work every example of a regime again and return what does not come out as written."""
    return [wrong for example in regime.examples for wrong in _compared(regime, example)]


def _compared(regime: Regime, example: Example) -> list[Mismatch]:
    try:
        found = dates_of(example.given, regime).as_json()
    except BadInput as refused:
        return [Mismatch(example.place, example.title, refused.field, "dates", str(refused))]
    return [
        Mismatch(
            example.place, example.title, name, expected or None, found.get(name, "no such date")
        )
        for name, expected in example.expect.items()
        if found.get(name, "no such date") != (None if expected == "" else expected)
    ]


def _text(line: Mapping[str, object], key: str, *, field: str | None = None) -> str:
    value = line.get(key)
    if not isinstance(value, str) or not value:
        problem = "It is missing." if value is None else "It is no text."
        raise BadInput(field or key, problem, "Give it as a text in quotes.")
    return value


def _maybe(line: Mapping[str, object], key: str) -> str | None:
    return None if line.get(key) is None else _text(line, key)


def _instant(text: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        mend = "Give date, time and offset, such as 2026-01-31T10:00:00+01:00."
        raise BadInput(field, f"{text!r} is no date and time.", mend) from error


def events_of(value: object) -> tuple[ClockEvent, ...]:
    """Read a list of plain events, as lines and tickets hold them, oldest first."""
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise BadInput("events", "It is no list.", "Give a list of events, oldest first.")
    return tuple(_event(item, f"events[{index}]") for index, item in enumerate(value))


def _event(item: object, field: str) -> ClockEvent:
    if not isinstance(item, Mapping):
        raise BadInput(field, "It is no object.", 'Give {"type": …, "at": …}.')
    for key in item:
        if key not in _EVENT_KEYS:
            mend = f"Known are: {', '.join(_EVENT_KEYS)}."
            raise BadInput(f"{field}.{key}", "The key is unknown.", mend)
    kind = _text(item, "type", field=f"{field}.type")
    if kind not in tuple(ClockEventType):
        mend = f"Give one of: {', '.join(ClockEventType)}."
        raise BadInput(f"{field}.type", f"There is no event {kind!r}.", mend)
    return ClockEvent(
        ClockEventType(kind),
        _moment(_text(item, "at", field=f"{field}.at"), f"{field}.at"),
        months=_length(item.get("months"), f"{field}.months"),
        days=_length(item.get("days"), f"{field}.days"),
    )


def _moment(text: str, field: str) -> date | datetime:
    """Read a date, or a date with time and offset."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return _instant(text, field)


def _length(value: object, field: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadInput(field, "It is no whole number.", "Give a whole number, or leave it out.")
    return value
