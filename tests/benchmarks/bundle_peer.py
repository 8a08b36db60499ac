"""A bundle against the package other engines hand out: one uncompressed HTML page from a template.

    python -m tests.benchmarks.bundle_peer [RECORDS]

Theirs is re-created from what it was seen to do to each row, and no more: every row is copied deeply
and searched for files, then one page on which each record is a section and each field a row of
nested elements is rendered as one string, its blanks untrimmed and each value through a JSON encoder
of their own; the page goes uncompressed into a ZIP in memory, the rows are searched for files once
more, and the ZIP is copied out to be measured. Filled with the same rows, the page of the original
itself took as long and came out as large, to within a twentieth. Reading its rows and writing its
ZIP to a disk is not counted. It has no data files, no printed report, no checksums and no search.
Ours is given its rows in memory too and holds the same records three times (JSON, CSV,
viewer) with schema, manifest and a shortened report, on disk; the report is printed by a process of
its own, whose share is told apart and counted in `times_faster`.
"""

import copy
import io
import json
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment

from exports import build
from exports.pdf.printed_report import stop
from tests.benchmarks._company import forked, show
from tests.exports import samples

_PAGE = """<html>
   <head>
      <link rel="stylesheet" href="../../main.css">
   </head>
   <body>
      <div class="page">
         <div class="space"></div>
         <div class="inner">
            <h1>{{ title }}</h1>
            {% for part in parts %}
            <div class="one-record">
               <h2>{{ part.heading }}</h2>
               <div class="lines">
                  <div class="one-line">
                     <div class="half-line">Field</div>
                     <div class="half-line">Value</div>
                  </div>
                  {% for name, value in part.data.items() %}
                  <div class="one-line">
                     <div class="half-line">{{ name }}</div>
                     <div class="half-line">
                        {% set files = false %}
                        {% if value is mapping and value|length > 0 %}
                           {% set one = (value.values() | list)[0] %}
                           {% if one is mapping and ('url' in one) %}
                               {% set files = true %}
                           {% endif %}
                        {% endif %}

                        {% if files %}
                           {% for name, file in value.items() %}
                           <a href="{{ file.url }}" class="one-line">{{ name }}</a>
                           {% endfor %}
                        {% else %}
                           <pre>{{ value | shown }}</pre>
                        {% endif %}
                     </div>
                  </div>
                  {% endfor %}
               </div>
            </div>
            {% endfor %}
         </div>
      </div>
   </body>
</html>
"""


class Encoder(json.JSONEncoder):
    """A class of its own, as theirs for dates: none of our rows needs it."""


def holds_files(row: dict[str, Any]) -> bool:
    """Whether any value is a list of files, as theirs asks of each row."""
    return "attachments" in row or any(
        value and isinstance(value[0], dict) and "download_url" in value[0]
        for value in row.values()
        if isinstance(value, list)
    )


def page(count: int) -> dict[str, object]:
    """CPU seconds, MB and size of one page with all records."""
    rows = [dict(record.data) for record in samples.visits(count).records()]
    start = time.process_time()
    parts = []
    for number, row in enumerate(rows, 1):
        own = copy.deepcopy(row)
        assert not holds_files(own)
        parts.append({"index": number, "heading": f"visits (record {number})", "data": own})
    environment = Environment(autoescape=True)  # as theirs: nothing trimmed
    environment.filters["shown"] = lambda value: json.dumps(value, indent=4, cls=Encoder)
    text = environment.from_string(_PAGE).render(title="visits", parts=parts)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("data/logs/visits/index.html", text.encode())
        assert not any(map(holds_files, rows))
    size = len(held.getvalue())
    spent = time.process_time() - start
    return {"cpu": spent, "memory": _peak(resource.RUSAGE_SELF), "size": size / 1e6}


def bundle(count: int, *, at_hand: bool) -> dict[str, object]:
    """The same of our bundle, and the CPU seconds of the process that prints its report.

    Theirs has its rows before it begins, so for the time ours has them `at_hand`; for the memory
    they come as a stream, as they do to a worker.
    """
    records = samples.visits(count)
    if at_hand:
        held = list(records.records())
        records = replace(records, records=lambda: iter(held))
    contents = replace(samples.access(), sets=(records,))
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        built = build(contents, Path(folder) / "bundle.zip")
        spent = time.process_time() - start
    stop()
    printing = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu": spent,
        "report_cpu": printing.ru_utime + printing.ru_stime,
        "memory": max(map(_peak, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))),
        "size": built.bytes / 1e6,
    }


def _peak(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / 1024


def _measured(work: Callable[[], dict[str, object]]) -> dict[str, float]:
    return {name: float(str(value)) for name, value in forked(work).items()}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    theirs = _measured(lambda: page(count))
    ours = _measured(lambda: bundle(count, at_hand=True))
    ours["memory"] = _measured(lambda: bundle(count, at_hand=False))["memory"]
    show(
        "bundle against one HTML page",
        records=count,
        **{f"ours_{name}": value for name, value in ours.items()},
        **{f"theirs_{name}": value for name, value in theirs.items()},
        times_faster=theirs["cpu"] / (ours["cpu"] + ours["report_cpu"]),
        times_faster_without_report=theirs["cpu"] / ours["cpu"],
        times_less_memory=theirs["memory"] / ours["memory"],
        times_smaller=theirs["size"] / ours["size"],
    )


if __name__ == "__main__":
    main()
