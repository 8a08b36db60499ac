"""Who acts: staff by name, the person, or the engine itself under a named rule."""

from dataclasses import dataclass

from dsar.domain.errors import BadInput
from dsar.domain.lifecycle import By

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Actor:
    """The hand behind an event, as the journal writes it: "staff:ana", "system:worker"."""

    by: By
    name: str

    def __str__(self) -> str:
        return f"{self.by}:{self.name}"


SYSTEM = Actor(By.SYSTEM, "engine")


def staff(name: str) -> Actor:
    """A member of staff; raises BadInput for what is no name: the journal names somebody."""
    if not 0 < len(name.strip()) <= _LONGEST or ":" in name:
        raise BadInput("by", "is not a name.", f"Give one of up to {_LONGEST} signs, e.g. ana.")
    return Actor(By.STAFF, name.strip())
