"""What is well by itself in `dsar.toml` and the environment, and makes no sense together."""

import difflib
from collections.abc import Callable, Iterable, Mapping

from dsar.config.settings import Settings
from dsar.domain.errors import BadInput

#: Variables of ours that are no settings: where the file lies, how faults are told, what the
#: compose file reads.
_OTHERS = frozenset(
    {"DSAR_CONFIG", "DSAR_DEBUG", "DSAR_CONFIG_DIR", "DSAR_PORT", "DSAR_DATABASE_PASSWORD"}
)
#: How like a setting's name another must be to be taken for a slip of the hand (0 to 1).
_ALIKE = 0.85

#: One that must not hold: the setting to name, what is wrong, the mend, and when it is so.
Contradiction = tuple[str, str, str, Callable[[Settings], bool]]

CONTRADICTIONS: tuple[Contradiction, ...] = (
    (
        "reminder_days",
        "is not before lapse_days: who has to prove who they are would never be reminded.",
        "Give fewer days than lapse_days.",
        lambda one: one.reminder_days >= one.lapse_days,
    ),
    (
        "redis_url",
        "is set, but the database is SQLite: work is done in one process, and nothing rings there.",
        "Remove redis_url, or give database_url a PostgreSQL address.",
        lambda one: bool(one.redis_url) and one.database_url.startswith("sqlite:"),
    ),
)


def refuse(settings: Settings, environment: Mapping[str, str]) -> None:
    """Raises BadInput for the first contradiction, or for a variable that is nearly a setting."""
    for field, problem, mend, holds in CONTRADICTIONS:
        if holds(settings):
            raise BadInput(field, problem, mend)
    _refuse_slips(environment)


def _refuse_slips(names: Iterable[str]) -> None:
    """A variable that would be a setting with one letter more changes nothing, and nobody knows."""
    known = {f"DSAR_{name.upper()}" for name in Settings.model_fields} | _OTHERS
    for name in sorted(names):
        if not name.startswith("DSAR_") or "__" in name or name in known:
            continue
        for meant in difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE):
            raise BadInput(name, "is no setting.", f"Write {meant}, or unset it.")
