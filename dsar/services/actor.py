"""Who acts: staff by name, the person, or the engine itself under a named rule."""

from dataclasses import dataclass

from dsar.domain.lifecycle import By


@dataclass(frozen=True, slots=True)
class Actor:
    """The hand behind an event, as the journal writes it: "staff:ana", "system:worker"."""

    by: By
    name: str

    def __str__(self) -> str:
        return f"{self.by}:{self.name}"


SYSTEM = Actor(By.SYSTEM, "engine")


def staff(name: str) -> Actor:
    """A member of staff."""
    return Actor(By.STAFF, name)
