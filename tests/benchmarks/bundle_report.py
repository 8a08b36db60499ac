"""The report's painter against stock WeasyPrint, and its memory as reports grow.

    python -m tests.benchmarks.bundle_report [RECORDS]

All print the same records as PDF/A-3a in processes of their own, in the same run; only the ratios
travel between machines. Stock prints them once as we do, a line each, and once as the one table that
people expect of a report.
"""

import io
import resource
import sys
import time
from collections.abc import Callable, Iterator

from exports import streaming
from exports.report import blocks
from exports.report.archival import Head
from tests.benchmarks._company import forked, show
from tests.exports import samples

HEAD = Head(
    "A report", "Nordlicht", "en", samples.NOW, blocks.style(), "Nordlicht", "{page} / {pages}"
)


def table(rows: int) -> Iterator[str]:
    """One table of six columns."""
    cells = "".join(
        f"<tr><td>{n}<td>ada{n}@lindqvist.example<td>Editor Pro<td>2026-03-{n % 28 + 1:02}<td>{n * 7 % 991}<td>paid</tr>"
        for n in range(rows)
    )
    yield f"<div><table class=rows><tbody>{cells}</tbody></table></div>"


def lines(rows: int) -> Iterator[str]:
    for n in range(rows):
        yield f"<p class=line>{n} · E-mail: ada{n}@lindqvist.example · Article: Editor Pro · Date: 2026-03-{n % 28 + 1:02} · Amount: {n * 7 % 991}</p>"


WAYS: dict[str, Callable[[int], int]] = {
    "ours": lambda rows: streaming.write(lines(rows), HEAD, io.BytesIO()),
    "stock, lines": lambda rows: streaming.write_whole(lines(rows), HEAD, io.BytesIO()),
    "stock, table": lambda rows: streaming.write_whole(table(rows), HEAD, io.BytesIO()),
}


def measured(way: str, rows: int) -> dict[str, object]:
    """CPU seconds and MB of one print in this process."""
    start = time.process_time()
    WAYS[way](rows)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": time.process_time() - start, "memory": memory}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    ours = figures("ours", rows)
    for way in ("stock, lines", "stock, table"):
        stock = figures(way, rows)
        show(
            f"report against {way}",
            records=rows,
            cpu_s=ours["cpu"],
            peak_mb=ours["memory"],
            times_stock_cpu=ours["cpu"] / stock["cpu"],
            times_stock_memory=ours["memory"] / stock["memory"],
        )
    few, many = (figures("ours", count) for count in (1_000, 20_000))
    show(
        "report as it grows",
        records=20_000,
        cpu_s=many["cpu"],
        peak_mb=many["memory"],
        times_memory_of_1000=many["memory"] / few["memory"],
    )


def figures(way: str, rows: int) -> dict[str, float]:
    """The measurement in a process of its own, so that its memory is its own."""
    return {name: float(str(v)) for name, v in forked(lambda: measured(way, rows)).items()}


if __name__ == "__main__":
    main()
