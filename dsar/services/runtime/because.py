"""Why staff lets something happen: what comes with an event."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Because:
    """What comes with an event: why, on which ground, decided by whom, extended how far."""

    reason: str = ""
    ground: str = ""
    decided_by: str = ""
    months: int | None = None
    days: int | None = None

    def length(self) -> dict[str, int]:
        """An extension's length as the clock stores it."""
        given = {"months": self.months, "days": self.days}
        return {name: amount for name, amount in given.items() if amount is not None}
