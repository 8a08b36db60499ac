"""The report's painter against stock WeasyPrint and reportlab, and its memory as reports grow.

    python -m tests.benchmarks.bundle_report [RECORDS]

All print the same records in processes of their own, in the same run; only the ratios travel between
machines. WeasyPrint prints PDF/A-3a: a line each, as we do, and as the one table people expect of a
report. reportlab, the quickest in Python, prints tables of a hundred rows without any tags, each
cell a paragraph so that long values break; it is installed into a virtual environment that is thrown
away.
"""

import io
import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

from exports.pdf import blocks, streaming
from exports.pdf.pdf_a import Head
from exports.pdf.portions import Block, TableFrame, TableRow
from tests.exports import samples

HEAD = Head(
    "A report", "Nordlicht", "en", samples.NOW, blocks.style(), "Nordlicht", "{page} / {pages}"
)

_NAMES = ("No.", "E-mail", "Article", "Date", "Amount", "Status")
_HEADS = "".join(f"<th scope='col'>{name}</th>" for name in _NAMES)
_PLACE = TableFrame(
    f"<div><table class='rows'><thead><tr>{_HEADS}</tr></thead><tbody>", "</tbody></table></div>"
)


def values(n: int) -> tuple[str, ...]:
    """One record of six fields."""
    date, amount = f"2026-03-{n % 28 + 1:02}", str(n * 7 % 991)
    return (str(n), f"ada{n}@lindqvist.example", "Editor Pro", date, amount, "paid")


def table(rows: int) -> Iterator[Block]:
    """One table of six columns."""
    for n in range(rows):
        cells = "".join(f"<td>{value}</td>" for value in values(n))
        yield TableRow(_PLACE, f"<tr>{cells}</tr>")


def lines(rows: int) -> Iterator[Block]:
    """A paragraph for each record."""
    for n in range(rows):
        pairs = zip(_NAMES, values(n), strict=True)
        yield f"<p class='line'>{' · '.join(f'{name}: {value}' for name, value in pairs)}</p>"


def painted(made: Callable[[int], Iterator[Block]]) -> Callable[[int], int]:
    return lambda rows: streaming.write(made(rows), HEAD, io.BytesIO())


def stock(made: Callable[[int], Iterator[Block]]) -> Callable[[int], int]:
    return lambda rows: streaming.write_whole(made(rows), HEAD, io.BytesIO())


WAYS: dict[str, Callable[[int], int]] = {
    "table": painted(table),
    "lines": painted(lines),
    "stock table": stock(table),
    "stock lines": stock(lines),
}

#: What the virtual environment runs: tables of a hundred rows, as long documents are best made.
_REPORTLAB = """
import io, json, re, sys, time
start = time.process_time()
from reportlab.lib.pagesizes import A4
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
text = ParagraphStyle("text", fontSize=8.5)
rows = [[Paragraph(value, text) for value in row] for row in json.load(sys.stdin)]
style = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.lightgrey)])
wide = [40, 150, 80, 70, 60, 60]
def numbered(canvas, document):
    canvas.drawRightString(560, 30, str(document.page))
parts = [Table(rows[n:n + 100], colWidths=wide, style=style) for n in range(0, len(rows), 100)]
document = SimpleDocTemplate(io.BytesIO(), pagesize=A4)
document.build(parts, onFirstPage=numbered, onLaterPages=numbered)
memory = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(json.dumps({"cpu": time.process_time() - start, "memory": memory}))
"""


def measured(way: str, rows: int) -> dict[str, float]:
    """CPU seconds and MB of one print in this process."""
    start = time.process_time()
    WAYS[way](rows)
    spent = time.process_time() - start
    # What resource.getrusage tells begins with the memory of the process that started this one.
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
    return {"cpu": spent, "memory": int(peak[1]) / 1024 if peak else 0.0}


def figures(way: str, rows: int) -> dict[str, float]:
    """The measurement in a fresh process, so that its memory is its own."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bundle_report", way, str(rows)],
        capture_output=True,
        check=True,
    )
    found: dict[str, float] = json.loads(run.stdout)
    return found


def reportlab(rows: int) -> dict[str, float]:
    """The same records by reportlab, in a virtual environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "reportlab==5.1.0"], check=True)
        text = json.dumps([values(n) for n in range(rows)])
        run = subprocess.run(
            [python, "-c", _REPORTLAB], input=text, capture_output=True, text=True, check=True
        )
    found: dict[str, float] = json.loads(run.stdout)
    return found


def against(what: str, ours: dict[str, float], theirs: dict[str, float], rows: int) -> None:
    """One line: our figures, and as multiples of theirs."""
    from tests.benchmarks._company import show  # not in the processes that are measured

    show(
        what,
        records=rows,
        cpu_s=ours["cpu"],
        peak_mb=ours["memory"],
        times_cpu=ours["cpu"] / theirs["cpu"],
        times_memory=ours["memory"] / theirs["memory"],
    )


def main() -> None:
    if len(sys.argv) > 2:
        sys.stdout.write(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    for way in ("table", "lines"):
        against(f"{way} against stock", figures(way, rows), figures(f"stock {way}", rows), rows)
    against("lines against reportlab", figures("lines", rows), reportlab(rows), rows)
    for way in ("table", "lines"):
        few, many = figures(way, rows // 5), figures(way, rows * 4)
        against(f"{way}, {rows * 4} against {rows // 5}", many, few, rows * 4)


if __name__ == "__main__":
    main()
