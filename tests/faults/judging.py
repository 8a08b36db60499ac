"""What came of a fault run: every ticket, every effect, every clock, every log."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from dsar.services.runtime.installation import Installation, transaction
from dsar.services.upkeep.journal_proof import faults as journal_faults
from dsar.store.counts import counted
from tests.faults.ledger import COLLECTIONS, SOURCES, person, places
from tests.faults.place import Place
from tests.faults.product import file_one, filed
from tests.faults.report import Report
from tests.servers import RedisServer

#: Whatever shows one of these tells who asked.
PERSONAL = (b"@example.org", b"person-")

_TICKETS = text(
    "SELECT r.idempotency_key, r.ref, k.id, k.state FROM request r JOIN ticket k"
    " ON k.request_id = r.id"
)
_STANDING = text(
    "SELECT k.state || ', waits for ' || coalesce(t.kind || ' ' || t.source || ' (' || t.state || ')"
    " ' || t.reason, 'nothing') AS what FROM ticket k LEFT JOIN task t ON t.ticket_id = k.id"
    " AND t.state NOT IN ('done', 'cancelled') WHERE k.closed_at IS NULL LIMIT 20"
)
_LINES = text("SELECT ticket_id, source, outcome, reason, kept FROM coverage")
#: Two hosts' clocks differ by ninety seconds; a wait for a lock takes up to fifteen.
_BACKWARDS = text(
    "SELECT count(*) FROM (SELECT at, lag(at) OVER (PARTITION BY ticket_id ORDER BY id) AS earlier"
    " FROM journal) AS entry WHERE earlier - at > interval '45 seconds'"
)
_ENDS = ("fulfilled", "partly_fulfilled")


def unended(installation: Installation) -> int:
    """How many tickets have not ended."""
    query = text("SELECT count(*) FROM ticket WHERE closed_at IS NULL")
    with installation.store.reading() as session:
        return int(session.connection().scalar(query) or 0)


def judge(installation: Installation, place: Place, report: Report) -> None:
    """Fills in what came of a run in which all has come to rest."""
    with installation.store.reading() as session:
        numbers = filed(installation, place.setting.tickets)
        rows = session.connection().execute(_TICKETS)
        tickets = {numbers[row.idempotency_key]: row for row in rows}
        report.counts = counted(session)
        report.standing = list(session.connection().scalars(_STANDING))
        report.backwards = int(session.connection().scalar(_BACKWARDS) or 0)
        lines: dict[str, list[Any]] = defaultdict(list)
        for line in session.connection().execute(_LINES):
            lines[line.ticket_id].append(line)
    report.lost = place.setting.tickets - len(tickets)
    report.lost += sum(tickets[n].ref != file_one(installation, n) for n in _some(tickets, place))
    report.stuck = sum(row.state not in _ENDS for row in tickets.values())
    for number, row in tickets.items():
        _judge_one(place, report, number, row.state, lines[row.id])
    _judge_effects(place, report)
    with transaction(installation) as session:
        report.journal_faults = len(list(journal_faults(session)))


def _some(tickets: dict[int, Any], place: Place) -> Iterator[int]:
    """Every hundredth request is filed once more: the answer must be the first one."""
    return (number for number in range(0, place.setting.tickets, 100) if number in tickets)


def _judge_one(place: Place, report: Report, number: int, state: str, lines: list[Any]) -> None:
    nature = place.setting.nature(number)
    if nature is None:
        report.unfulfilled += state != "fulfilled"
        return
    report.hostile[nature] += 1
    report.honest[nature] += state == "partly_fulfilled" and _honest(lines)


def _honest(lines: list[Any]) -> bool:
    """The good sources acted; the hostile one's line says what was not done, and why."""
    good = [line.outcome for line in lines if line.source in SOURCES]
    bad = [line for line in lines if line.source not in SOURCES]
    return good == ["acted"] * len(SOURCES) and all(
        (line.outcome == "could_not" and line.reason) or (line.outcome == "withheld" and line.kept)
        for line in bad
    )


def _judge_effects(place: Place, report: Report) -> None:
    wanted = {
        one
        for number in range(place.setting.tickets)
        for source in SOURCES
        for name in COLLECTIONS
        for one in places(source, name, person(number))
    }
    changed = place.ledger.gone("")
    report.doubled = place.ledger.doubled()
    report.missing = len(wanted - changed)
    report.strangers = len(changed - wanted)


def read_logs(place: Place, server: RedisServer, report: Report) -> None:
    """In how many logs and keys something of a person can be read; how often a disk was full."""
    logs = [log.read_bytes() for log in place.path.glob("*.log")]
    with server.client() as client:
        seen = [b"".join((name, client.dump(name) or b"")) for name in client.scan_iter()]
    report.personal_data = sum(any(word in one for word in PERSONAL) for one in (*logs, *seen))
    report.full_disk = sum(_failed_bundles(log) for log in logs)


def _failed_bundles(log: bytes) -> int:
    told = (line for line in log.splitlines() if b'"task.failed"' in line)
    return sum(b'"kind": "bundle"' in line and b'"error": "OSError"' in line for line in told)
