"""A small access request end to end: worker CPU with the report printed, and without.

Limit: 0.03 s of worker CPU without the PDF, which is printed by a process of its own.
"""

import os
import resource
from pathlib import Path

import exports.pdf
from dsar.domain.rights import Right
from dsar.services.house import House
from tests.benchmarks._company import ask, company, show
from workers.drive import drive

REQUESTS = 30
_TICK = os.sysconf("SC_CLK_TCK")


def printing() -> float:
    """CPU seconds the press and the reports it printed have used."""
    process = exports.pdf._PRESS._process
    if process is None:
        return 0.0
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / _TICK


def working() -> float:
    """CPU seconds this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def served(house: House) -> tuple[float, float]:
    """CPU seconds a request costs the worker and the press, from claim to delivery."""
    for _ in range(REQUESTS):
        ask(house, Right.ACCESS)
    before = working(), printing()
    drive(house)
    return (working() - before[0]) / REQUESTS, (printing() - before[1]) / REQUESTS


if __name__ == "__main__":
    with company(5) as (house, _url):
        served(house)
        worker, press = served(house)
        show("small_request", rows=7, worker_cpu_s=worker, report_cpu_s=press, limit_s=0.03)
