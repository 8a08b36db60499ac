"""Lengths of time as laws and policies write them: years, months, weeks, days."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from dsar.domain.calendar import months_after

_FORM = re.compile(r"(\d{1,4}) (year|month|week|day)s?")
_MONTHS = {"year": 12, "month": 1}
_DAYS = {"week": 7, "day": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """A length of calendar time, such as "7 years"; months are never counted as days."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Reads "7 years", "12 months", "2 weeks" or "30 days"; raises ValueError otherwise."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            message = 'write it as "7 years", "12 months", "2 weeks" or "30 days"'
            raise ValueError(message)
        return cls(int(match[1]), match[2])

    def after(self, start: date) -> date:
        """The same day number so much later, clamped to the end of a shorter month.

        What lies behind the last day a calendar has (9999-12-31, by which many systems mean "no
        end") is that day.
        """
        try:
            if self.unit in _DAYS:
                return start + timedelta(days=self.count * _DAYS[self.unit])
            return months_after(start, self.count * _MONTHS[self.unit])
        except (OverflowError, ValueError):
            return date.max

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"
