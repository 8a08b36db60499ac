"""What `dsar doctor` looks at: one check, one line, each with the mend where something is wrong."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import redis

from dsar.domain.errors import DsarError
from dsar.services.bundles.stores import files_of
from dsar.services.letters import wordings_of
from dsar.services.letters.write import at_fault_since
from dsar.services.runtime import keyring
from dsar.services.runtime.installation import Installation, reading
from dsar.services.upkeep import fonts
from dsar.services.upkeep.deadlines import standing
from dsar.services.upkeep.journal_proof import faults
from dsar.services.views.source_check import check_all
from dsar.store import migrate, processes
from dsar.store.counts import COUNTERS, counted
from dsar.store.engine import system_clock
from dsar.store.tasks import stuck
from dsar.store.tasks.sweeper import oldest_unclaimed

#: A ready task unclaimed for longer than this means that nobody works or too few do.
PATIENCE = timedelta(minutes=5)
#: Clocks that differ by more than this make dates and journals wrong.
CLOCK_DIFFERENCE = timedelta(seconds=5)
#: Free bytes under which bundles may soon not fit.
FREE_BYTES = 1_000_000_000
#: How long letters that were not written in the house's own wording are told of.
_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the doctor's report."""

    check: str
    well: bool
    words: str


class Trouble(Exception):  # noqa: N818
    """What a check found wrong, with the mend; `why` has a sentence for each thing."""

    def __init__(self, *why: str) -> None:
        super().__init__(" ".join(why))
        self.why = why


Check = Callable[[Installation], str]


def examine(installation: Installation) -> Iterator[Diagnosis]:
    """Every check in turn; one that fails in an unforeseen way is a finding, not a crash."""
    for name, check in CHECKS.items():
        yield from _examine(installation, name, check)


def _examine(installation: Installation, name: str, check: Check) -> Iterable[Diagnosis]:
    try:
        return [Diagnosis(name, well=True, words=check(installation))]
    except Trouble as trouble:
        return [Diagnosis(name, well=False, words=words) for words in trouble.why]
    except DsarError as error:
        return [Diagnosis(name, well=False, words=str(error))]
    except Exception as error:  # noqa: BLE001 - the other checks are still wanted
        return [Diagnosis(name, well=False, words=f"failed with {type(error).__name__}.")]


def _database(installation: Installation) -> str:
    migrate.check(installation.store)
    return f"{installation.store.url.get_backend_name()} answers, its schema is {migrate.head()}."


def _redis(installation: Installation) -> str:
    if installation.settings.redis_url is None:
        return "none: embedded, all work is done in one process."
    client = redis.Redis.from_url(installation.settings.redis_url, socket_timeout=3)
    mend = "Mend redis_url or start Redis; meanwhile work is looked for once a second."
    try:
        with client:
            evicts, saves, appends = (
                client.config_get(name).get(name, "unknown")
                for name in ("maxmemory-policy", "save", "appendonly")
            )
    except redis.ResponseError:
        return "answers; its settings may not be read."
    except redis.RedisError as error:
        raise Trouble(f"redis_url: does not answer ({type(error).__name__}). {mend}") from None
    if evicts not in {"noeviction", "unknown"}:
        raise Trouble(f"Redis evicts ({evicts}). Set maxmemory-policy to noeviction.")
    kept = "nothing" if not saves and appends == "no" else "something, which is not needed"
    return f"answers; evicts nothing, keeps {kept} on disk; it is only the doorbell."


def _processes(installation: Installation) -> str:
    with reading(installation) as session:
        kinds = [row.kind for row in processes.alive(session, installation.store)]
        waits = oldest_unclaimed(session, installation.store)
    named = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    if "embedded" in kinds or {"worker", "scheduler"} <= set(kinds):
        return f"{named}."
    if installation.store.sqlite and installation.settings.redis_url is None and not waits:
        return f"{named or 'none'}; nothing waits for one."
    missing = [kind for kind in ("worker", "scheduler") if kind not in kinds]
    start = " and ".join(f"dsar {kind}" for kind in missing)
    or_all = "" if installation.settings.redis_url else ", or dsar serve for all in one"
    raise Trouble(f"No {' and no '.join(missing)} was seen lately. Start {start}{or_all}.")


def _work(installation: Installation) -> str:
    with reading(installation) as session:
        waits, held = oldest_unclaimed(session, installation.store), stuck(session)
        numbers = counted(session)
    why = [f"{number} tasks are {state}; see dsar ticket list." for state, number in held.items()]
    if waits > PATIENCE:
        minutes = int(waits.total_seconds() // 60)
        why.append(f"A task is ready for {minutes} minutes and nobody claims it: start workers.")
    if numbers["join_repairs"]:
        why.append(f"{numbers['join_repairs']} {COUNTERS['join_repairs']}.")
    if why:
        raise Trouble(*why)
    resent, expired = numbers["rings_resent"], numbers["lease_expiries"]
    return f"nothing is stuck; {resent} rings repeated, {expired} leases ran out so far."


def _storage(installation: Installation) -> str:
    folder = installation.settings.at(installation.settings.storage)
    probe = folder / ".doctor"
    try:
        probe.write_bytes(b"written")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise Trouble(f"storage: cannot be written to ({error.strerror}).") from None
    if free < FREE_BYTES:
        raise Trouble(f"storage: only {free // 1_000_000} MB are free; make room for bundles.")
    return f"writable, {free // 1_000_000_000} GB free."


def _bundles(installation: Installation) -> str:
    files = files_of(installation)
    try:
        files.check()
    except OSError as error:
        raise Trouble(f"bundles: {error.strerror}.") from None
    return f"kept at {files.where('')}, which answers."


def _fonts(_installation: Installation) -> str:
    """The scripts everybody's package has are required; others are named for who needs them."""
    try:
        lost = fonts.missing()
    except FileNotFoundError:
        mend = "Install fontconfig and fonts-noto-core."
        raise Trouble(f"fc-list is missing: nobody knows what can be printed. {mend}") from None
    if core := lost.get(fonts.CORE):
        named = ", ".join(core)
        raise Trouble(f"{named} cannot be printed; install {fonts.CORE}.")
    if not lost:
        return f"{len(fonts.SCRIPTS)} scripts can be printed."
    named = "; ".join(f"{', '.join(names)} (install {one})" for one, names in lost.items())
    return f"all can be printed but what reports show by number: {named}."


def _key(installation: Installation) -> str:
    proof = keyring.prove(installation)
    if proof.root is None:
        return f"{installation.vault.keys.id}; the database is empty, its first start notes it."
    keyring.open_vault(installation, proof.root)
    return f"{installation.vault.keys.id} is the one this database was begun with."


def _sources(installation: Installation) -> str:
    found = check_all(installation)
    why = [f"{name}: {problem}" for name, problems in found.items() for problem in problems]
    if why:
        raise Trouble(*why)
    return f"{len(found)} reached, all as declared."


def _letters(installation: Installation) -> str:
    found = wordings_of(installation)
    why = [str(fault) for fault in found.faults]
    with reading(installation) as session:
        if number := at_fault_since(session, _LATELY):
            letters = "letter was" if number == 1 else "letters were"
            days = (
                f"In the last {_LATELY.days} days {number} {letters} not written in our own wording"
            )
            why.append(f"{days}, which was at fault; dsar ticket letters REF says why.")
    if why:
        raise Trouble(*why)
    said = f"{len(found.own)} in our own wording, all say what the law demands."
    at_home = installation.spoken(installation.controller.language)
    return said if at_home.as_asked else f"{said} controller.language: {at_home.note}"


def _clock(installation: Installation) -> str:
    with reading(installation) as session:
        theirs = session.now()
    apart = abs(theirs - system_clock())
    if apart > CLOCK_DIFFERENCE:
        seconds = int(apart.total_seconds())
        raise Trouble(f"The database's clock and this machine's differ by {seconds} s; set them.")
    return "the database and this machine agree."


def _deadlines(installation: Installation) -> str:
    now = standing(installation)
    why = [f"{ref} is overdue." for ref in now.overdue]
    if now.unwatched:
        why.append(f"{now.unwatched} alerts were not raised: start dsar scheduler.")
    if why:
        raise Trouble(*why)
    return "nothing is overdue."


def _journal(installation: Installation) -> str:
    with reading(installation) as session:
        why = [str(fault) for fault in faults(session)]
    if why:
        raise Trouble(*why)
    return "every entry holds."


#: In the order in which one thing needs the other.
CHECKS: Mapping[str, Check] = {
    "database": _database,
    "key": _key,
    "redis": _redis,
    "processes": _processes,
    "work": _work,
    "storage": _storage,
    "fonts": _fonts,
    "bundles": _bundles,
    "sources": _sources,
    "letters": _letters,
    "clock": _clock,
    "deadlines": _deadlines,
    "journal": _journal,
}
