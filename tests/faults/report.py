"""What was done to the product in one fault run, and what came of it."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

Rows = list[tuple[str, object]]


@dataclass
class Report:
    """The figures of one run; `wrong` names those that had to be 0 and are not."""

    seed: int
    tickets: int
    minutes: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, str] = field(default_factory=dict)
    lost: int = 0
    stuck: int = 0
    standing: list[str] = field(default_factory=list)
    doubled: int = 0
    missing: int = 0
    strangers: int = 0
    unfulfilled: int = 0
    hostile: Counter[str] = field(default_factory=Counter)
    honest: Counter[str] = field(default_factory=Counter)
    web_down: int = 0
    journal_faults: int = 0
    backwards: int = 0
    personal_data: int = 0
    by_hand: int = 0
    let_go_on: int = 0
    full_disk: int = 0
    revived: Counter[str] = field(default_factory=Counter)
    resumed: list[float] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "none")
    web_back: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def kills(self) -> int:
        return sum(number for name, number in self.faults.items() if name.startswith("kill"))

    @property
    def wrong(self) -> dict[str, int]:
        """What nothing of may ever happen, where it did."""
        every = {
            "tickets lost": self.lost,
            "tickets stuck": self.stuck,
            "effects doubled": self.doubled,
            "effects missing": self.missing,
            "records of other people changed": self.strangers,
            "tickets with good sources only that were not fulfilled": self.unfulfilled,
            "tickets with a hostile source that did not end honestly": (
                self.hostile.total() - self.honest.total()
            ),
            "web processes that did not answer again": self.web_down,
            "journal faults": self.journal_faults,
            "times that ran backwards in a journal": self.backwards,
            "personal data in logs and Redis": self.personal_data,
            "join repairs": self.counts.get("join_repairs", 0),
        }
        return {name: number for name, number in every.items() if number}

    def table(self) -> str:
        """Everything as two tables in Markdown."""
        return "\n".join([*_drawn("what was done", self._done()), "", *_drawn(
            "what came of it", self._came())])  # fmt: skip

    def _done(self) -> Rows:
        return [
            ("seed", self.seed),
            ("minutes", round(self.minutes, 1)),
            ("tickets", self.tickets),
            *((f"of these with a source that {one}", n) for one, n in sorted(self.hostile.items())),
            ("**kills**", self.kills),
            *sorted(self.faults.items()),
            *((name, f"left out: {why}") for name, why in sorted(self.left_out.items())),
        ]

    def _came(self) -> Rows:
        return [
            ("**tickets lost**", self.lost),
            ("**tickets stuck**", self.stuck),
            *(("stuck", where) for where in self.standing),
            ("**effects doubled**", self.doubled),
            ("effects missing", self.missing),
            ("records of other people changed", self.strangers),
            ("tickets with good sources only that were not fulfilled", self.unfulfilled),
            (
                "tickets with a hostile source: ended honestly",
                f"{self.honest.total()} of {self.hostile.total()}",
            ),
            ("interrupted effects a person was asked about", self.by_hand),
            ("parked tasks a person let go on", self.let_go_on),
            ("bundles that met the full disk", self.full_disk),
            ("killed tasks resumed", len(self.resumed)),
            *_times("resumed after", self.resumed),
            ("resumed last of all", f"{self.slowest[1]} after {self.slowest[0]:.1f} s"),
            *_times("web answered again after", self.web_back),
            ("web processes that did not answer again", self.web_down),
            *((f"{name} ended by itself", number) for name, number in sorted(self.revived.items())),
            ("journal faults", self.journal_faults),
            ("times that ran backwards in a journal", self.backwards),
            ("personal data in logs and Redis", self.personal_data),
            *((name.replace("_", " "), number) for name, number in sorted(self.counts.items())),
        ]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed; 0 where there are none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[int(share * 100) - 1]


def _times(what: str, values: Sequence[float]) -> Rows:
    return [
        (f"{what}, p50 in s", round(percentile(values, 0.5), 1)),
        (f"{what}, p99 in s", round(percentile(values, 0.99), 1)),
    ]


def _drawn(head: str, rows: Rows) -> list[str]:
    return [f"| {head} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
