"""A small access request end to end: worker CPU with the report printed, and without.

Limit: 0.03 s of worker CPU without the PDF, which is printed by a process of its own.
"""

import os
import resource
from pathlib import Path

import exports.pdf.printed_report
from dsar.domain.rights import Right
from dsar.services.runtime.installation import Installation
from tests.benchmarks._company import ask, company, show
from workers.run_here import run_until_idle

REQUESTS = 30
_TICK = os.sysconf("SC_CLK_TCK")


def printing() -> float:
    """CPU seconds the render process and the reports it printed have used."""
    process = exports.pdf.printed_report._RENDERER._process
    if process is None:
        return 0.0
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / _TICK


def working() -> float:
    """CPU seconds this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def served(installation: Installation) -> tuple[float, float]:
    """CPU seconds a request costs the worker and the render process, from claim to delivery."""
    for _ in range(REQUESTS):
        ask(installation, Right.ACCESS)
    before = working(), printing()
    run_until_idle(installation)
    return (working() - before[0]) / REQUESTS, (printing() - before[1]) / REQUESTS


if __name__ == "__main__":
    with company(5) as (installation, _url):
        served(installation)
        worker, report = served(installation)
        show("small_request", rows=7, worker_cpu_s=worker, report_cpu_s=report, limit_s=0.03)
