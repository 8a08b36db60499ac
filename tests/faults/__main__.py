"""`python -m tests.faults --minutes N --seed S`: the long fault run and its table."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.harness import run


def main() -> int:
    words = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    words.add_argument("--minutes", type=float, default=20, help="how long tickets are filed")
    words.add_argument("--seed", type=int, default=1, help="which faults, in which order")
    words.add_argument("--rate", type=float, default=60, help="tickets filed a minute")
    words.add_argument("--every", type=float, default=4, help="seconds from fault to fault")
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="dsar-faults-") as folder:
        report = run(
            Path(folder),
            seed=given.seed,
            tickets=max(1, int(given.minutes * given.rate)),
            a_minute=given.rate,
            fault_every=given.every,
        )
    print(report.table())  # noqa: T201
    bad = (
        report.lost,
        report.stuck,
        report.doubled,
        report.missing,
        report.journal_faults,
        report.personal_data,
    )
    return 1 if any(bad) else 0


if __name__ == "__main__":
    sys.exit(main())
