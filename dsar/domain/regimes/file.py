"""Reading a regime from its TOML text, strictly: what is unknown or missing is refused by line."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from dsar.domain.calendar import ClosedSeason, PeriodUnit, Roll, Term
from dsar.domain.errors import BadInput
from dsar.domain.regimes import (
    CLOCK_RIGHTS,
    GROUNDS,
    Appeal,
    Certainty,
    ClockEventType,
    Complaint,
    Duty,
    Example,
    Extension,
    Ground,
    NoticeMember,
    PeriodBasis,
    PeriodRule,
    QuestionEffect,
    Refusal,
    Regime,
    RegimeQuestion,
)
from dsar.domain.regimes.strict_toml import TomlTable, refuse
from dsar.domain.rights import Right

#: Keys of a worked example that are input for the clock; the regime's id is added.
GIVEN = ("right", "received_at", "country", "subdivision", "timezone", "events")


def parse(text: str, name: str) -> Regime:
    """Read one regime file; `name` is how messages call it and must be `<id>.toml`.

    Raises BadInput whose field is `<name>:<line> <key>`.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(name, f"It is no TOML: {error}.", "Mend the text there.") from error
    table = TomlTable(values, name=name, lines=tuple(text.splitlines()))
    regime = _regime(table)
    table.finish()
    if f"{regime.id}.toml" != name.rsplit("/", 1)[-1]:
        refuse(table, "id", f"It is {regime.id!r} in {name}.", "Name file and id alike.")
    return regime


def _regime(table: TomlTable) -> Regime:
    return Regime(
        id=table.text("id"),
        title=table.text("title"),
        version=table.text("version"),
        source=table.text("source"),
        certainty=table.choice("certainty", Certainty),
        country=table.text("country", default="") or None,
        regional_holidays=table.truth("regional_holidays", default=True),
        rules=_rules(table),
        act_at_once=_words(table, "act_at_once", known=CLOCK_RIGHTS),
        grounds=_grounds(table),
        refusal=_refusal(table.table("refusal")),
        extension_grounds=_words(table, "extension_grounds"),
        fee=_duty(table.table("fee")),
        acknowledgement=_duty(table.table("acknowledgement")),
        recipients=_duty(table.table("recipients")),
        complaint=_complaint(table.table("complaint")),
        examples=tuple(_example(item, table) for item in table.tables("examples")),
    )


def _grounds(table: TomlTable) -> Mapping[str, str]:
    inner = table.table("grounds")
    grounds = {key: inner.text(key) for key in GROUNDS}
    inner.finish()
    return grounds


def _words(
    table: TomlTable, key: str, *, known: tuple[str, ...] | None = None
) -> Mapping[str, str]:
    """Read a table of texts under free keys, or under keys out of `known`."""
    inner = table.table(key, optional=True)
    keys = [name for name in (known or inner.values) if name in inner]
    words = {name: inner.text(name) for name in keys}
    inner.finish()
    return words


def _refusal(table: TomlTable) -> Refusal:
    refusal = Refusal(
        must_contain=tuple(
            NoticeMember(member) for member in table.names("must_contain", tuple(NoticeMember))
        ),
        source=table.text("source"),
        grounds=_refusal_grounds(table),
    )
    table.finish()
    return refusal


def _refusal_grounds(table: TomlTable) -> Mapping[str, Ground]:
    """Read the grounds of a refusal: no law lets anybody refuse that consent is withdrawn."""
    inner = table.table("grounds", optional=True)
    firm = {right for right in Right if not right.spec.refusable}
    refusable = tuple(right for right in CLOCK_RIGHTS if right not in firm)
    grounds = {}
    for name in inner.values:
        row = inner.table(name)
        grounds[name] = Ground(
            text=row.text("text"),
            rights=row.names("rights", refusable),
            answer=row.text("answer"),
            certainty=row.choice("certainty", Certainty),
            country=row.text("country", default=""),
        )
        row.finish()
    inner.finish()
    return grounds


def _duty(table: TomlTable) -> Duty:
    duty = Duty(
        text=table.text("text"),
        source=table.text("source"),
        rights=table.names("rights", CLOCK_RIGHTS, optional=True),
    )
    table.finish()
    return duty


def _complaint(table: TomlTable) -> Complaint:
    complaint = Complaint(body=table.text("body"), text=table.text("text"))
    table.finish()
    return complaint


def _rules(table: TomlTable) -> tuple[PeriodRule, ...]:
    tables = table.tables("rules")
    rules = tuple(_rule(item) for item in tables)
    for right in CLOCK_RIGHTS:
        versions = sorted((rule for rule in rules if right in rule.rights), key=lambda r: r.since)
        if not versions and right in tuple(Right):
            refuse(table, "rules", f"No rule names {right}.", "Add it to the rights of one.")
        for older, newer in pairwise(versions):
            if older.until is None or older.until >= newer.since:
                place = tables[rules.index(newer)]
                problem = f"{right} has a rule from {older.since} in force still."
                refuse(place, "since", problem, "End that one before, with `until`.")
    return tuple(sorted(rules, key=lambda rule: rule.since))


def _rule(table: TomlTable) -> PeriodRule:
    rule = PeriodRule(
        id=table.text("id"),
        rights=table.names("rights", CLOCK_RIGHTS),
        since=table.day("since"),
        until=table.day("until") if "until" in table else None,
        source=table.text("source"),
        certainty=table.choice("certainty", Certainty),
        basis=table.choice("basis", PeriodBasis, default=PeriodBasis.LAW),
        note=table.text("note", default=""),
        reply=_period(table, "reply"),
        reply_latest=_period(table, "reply_latest"),
        acknowledge=_period(table, "acknowledge"),
        roll=table.choice("roll", Roll, default=Roll.NONE),
        roll_latest=table.choice("roll_latest", Roll, default=Roll.NONE),
        closed=tuple(_season(item) for item in table.tables("closed", optional=True)),
        questions=tuple(_question(item) for item in table.tables("questions", optional=True)),
        extension=_extension(table),
        appeal=_appeal(table),
    )
    if "roll_latest" not in table:
        rule = replace(rule, roll_latest=rule.roll)
    if rule.reply is None and not rule.note:
        refuse(table, "reply", "The rule has no period.", "Give one, or a note saying why not.")
    table.finish()
    return rule


def _period(table: TomlTable, key: str) -> Term | None:
    if key not in table:
        return None
    inner = table.table(key)
    units = [unit for unit in PeriodUnit if unit.value in inner]
    if len(units) != 1:
        refuse(table, key, "It needs one unit.", f"Give one of: {', '.join(PeriodUnit)}.")
    period = Term(inner.whole(units[0].value), units[0])
    inner.finish()
    return period


def _season(table: TomlTable) -> ClosedSeason:
    season = ClosedSeason(first=table.month_day("first"), last=table.month_day("last"))
    table.finish()
    return season


def _question(table: TomlTable) -> RegimeQuestion:
    wait = table.whole("latest_start_days") if "latest_start_days" in table else None
    answers = table.names("answered", tuple(ClockEventType))
    question = RegimeQuestion(
        asked=table.choice("asked", ClockEventType),
        answered=tuple(ClockEventType(answer) for answer in answers),
        effect=table.choice("effect", QuestionEffect),
        source=table.text("source"),
        only_for=table.names("only_for", CLOCK_RIGHTS, optional=True),
        answer_day_excluded_at_latest=table.truth("answer_day_excluded_at_latest", default=False),
        latest_start_days=wait,
    )
    table.finish()
    return question


def _extension(table: TomlTable) -> Extension | None:
    if "extension" not in table:
        return None
    inner = table.table("extension")
    extension = Extension(at_most=_period(inner, "at_most"), source=inner.text("source"))
    inner.finish()
    return extension


def _appeal(table: TomlTable) -> Appeal | None:
    if "appeal" not in table:
        return None
    inner = table.table("appeal")
    reply = _period(inner, "reply")
    if reply is None:
        refuse(inner, "reply", "It is missing.", "Give the period for answering an appeal.")
    appeal = Appeal(reply=reply, extension=_period(inner, "extension"), source=inner.text("source"))
    inner.finish()
    return appeal


def _example(table: TomlTable, whole: TomlTable) -> Example:
    given = {key: table.anything(key) for key in GIVEN if key in table}
    example = Example(
        place=table.place("title"),
        title=table.text("title"),
        source=table.text("source"),
        given={"regime": whole.text("id"), **given},
        expect=table.free("expect"),
    )
    table.finish()
    return example
