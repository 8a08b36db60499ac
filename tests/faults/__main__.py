"""`python -m tests.faults --minutes N --seed S`: the long fault run and its table."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.faults.harness import run
from tests.faults.place import Setting


def main() -> int:
    words = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    words.add_argument("--minutes", type=float, default=20, help="how long tickets are filed")
    words.add_argument("--seed", type=int, default=1, help="which faults, in which order")
    words.add_argument("--rate", type=float, default=105, help="tickets filed a minute")
    words.add_argument("--every", type=float, default=2.2, help="seconds from fault to fault")
    words.add_argument("--hostile", type=int, default=40, help="every how many tickets meet harm")
    words.add_argument("--keep", type=Path, help="a new folder whose logs stay behind")
    given = words.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended in order
    setting = Setting(max(1, int(given.minutes * given.rate)), given.rate, given.hostile)
    with tempfile.TemporaryDirectory(prefix="dsar-faults-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        report = run(setting, folder, seed=given.seed, fault_every=given.every)
    print(report.table())  # noqa: T201
    for what, number in report.wrong.items():
        print(f"Wrong: {number} {what}", file=sys.stderr)  # noqa: T201
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
