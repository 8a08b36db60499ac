"""The laws that ship with the package, each read once."""

from functools import lru_cache
from importlib.resources import files

from dsar.domain.errors import BadInput
from dsar.domain.regimes import Regime
from dsar.domain.regimes.file import parse

_FOLDER = files("dsar") / "regimes"


@lru_cache(maxsize=1)
def known() -> tuple[str, ...]:
    """List the ids of the regimes that ship, in alphabetical order."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@lru_cache(maxsize=64)
def load(regime: str) -> Regime:
    """Return a shipped regime by its id; raises BadInput naming `regime` for an unknown one."""
    if regime not in known():
        raise BadInput("regime", f"There is no regime {regime!r}.", f"Known: {', '.join(known())}.")
    return parse((_FOLDER / f"{regime}.toml").read_text(encoding="utf-8"), f"{regime}.toml")
