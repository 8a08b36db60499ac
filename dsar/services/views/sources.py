"""How each source stands: what it can be asked for, whether it is open, who waits for it.

Nothing here reaches a source: all of it is what is configured and what the database remembers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dsar.config.redacted import RedactedSetting, configured, shown
from dsar.config.sources import Source
from dsar.sdk import VERBS
from dsar.services.letters.reason_words import for_staff
from dsar.services.runtime.access import staff_only
from dsar.services.runtime.actor import Actor
from dsar.services.runtime.installation import Unit
from dsar.store import tasks
from dsar.store.tasks import gates
from dsar.store.tasks.gates import BREAKER_FAILURES
from dsar.store.upkeep_tables import Gate


@dataclass(frozen=True, slots=True)
class Door:
    """Whether a source is asked now: closed `until` then, `since` it last answered no more.

    `until` is None while it is open; `failures` in a row, of which so many close it.
    """

    until: datetime | None
    since: datetime | None
    reason: str
    failures: int


@dataclass(frozen=True, slots=True)
class SourceLoad:
    """How many open tickets wait for a source, how many of them for a person; tasks at work."""

    tickets: int = 0
    stuck: int = 0
    at_work: int = 0


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source; `settings` is None where the file was changed since this process began."""

    source: Source
    verbs: frozenset[str]
    door: Door
    at_once: int
    waiting: SourceLoad
    settings: tuple[RedactedSetting, ...] | None


NOBODY = SourceLoad()
_OPEN = Door(None, None, "", 0)


def standings(session: Unit, viewer: Actor) -> tuple[SourceStatus, ...]:
    """Every configured source in the order of its file."""
    staff_only(viewer)
    installation = session.installation
    rows = {gate.source: gate for gate in gates.gates(session)}
    waiting, now = _waiting(session), session.now()
    written = configured(
        installation.settings.at(installation.settings.sources), installation.sources.version
    )
    return tuple(
        SourceStatus(
            source=source,
            verbs=frozenset(verb for verb in VERBS if source.can(verb)),
            door=_door(rows.get(source.name), now),
            at_once=_at_once(source, rows.get(source.name)),
            waiting=waiting.get(source.name, NOBODY),
            settings=_settings(source, written),
        )
        for source in installation.sources
    )


def _door(gate: Gate | None, now: datetime) -> Door:
    if gate is None:
        return _OPEN
    until = gate.open_until if gate.open_until is not None and gate.open_until > now else None
    return Door(until, gate.closed_at, for_staff(gate.reason), gate.failures)


def _at_once(source: Source, gate: Gate | None) -> int:
    """While the breaker has tripped, one task finds out whether the source is well again."""
    failing = gate is not None and gate.failures >= BREAKER_FAILURES
    return 1 if failing else source.concurrency


def _settings(
    source: Source, written: Mapping[str, Mapping[str, object]] | None
) -> tuple[RedactedSetting, ...] | None:
    if written is None:
        return None
    return shown(source.adapter.Settings, written.get(source.name, {}))


def _waiting(session: Session) -> dict[str, SourceLoad]:
    return {
        row.source: SourceLoad(row.tickets, row.stuck, row.at_work)
        for row in tasks.by_source(session)
    }
