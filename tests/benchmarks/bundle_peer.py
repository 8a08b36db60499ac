"""A bundle against the package other engines hand out: one uncompressed HTML page from a template.

    python -m tests.benchmarks.bundle_peer [RECORDS]

Theirs is re-created from what was observed: all rows in memory, one page on which each record is a
section and each field a row of nested elements, rendered as one string, put into a ZIP without
compression. It has no data files, no printed report, no checksums and no search. Ours holds the same
records three times (JSON, CSV, viewer) with schema, manifest and a shortened report; the report is
printed by a process of its own, whose share is told apart.
"""

import io
import json
import resource
import sys
import tempfile
import time
import zipfile
from collections import deque
from dataclasses import replace
from pathlib import Path

from jinja2 import Environment

from exports import build
from exports.pdf import stop
from tests.benchmarks._company import forked, show
from tests.exports import samples

_PAGE = """<html>
   <head>
      <link rel="stylesheet" href="../../main.css">
   </head>
   <body>
      <div class="page">
         <h1>{{ title }}</h1>
         {% for number, record in records %}
         <div class="record">
            <h2>{{ title }} (record {{ number }})</h2>
            <div class="fields">
               <div class="field">
                  <div class="part">Field</div>
                  <div class="part">Value</div>
               </div>
               {% for name, value in record.items() %}
               <div class="field">
                  <div class="part">{{ name }}</div>
                  <div class="part">
                     {% set nested = false %}
                     {% if value is mapping and value|length > 0 %}
                        {% set nested = true %}
                     {% endif %}

                     {% if nested %}
                     <div class="fields">{{ value }}</div>
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
   </body>
</html>
"""


def page(count: int) -> dict[str, object]:
    """CPU seconds, MB and size of one page with all records."""
    rows = [(n, dict(r.data)) for n, r in enumerate(samples.visits(count).records(), 1)]
    start = time.process_time()
    environment = Environment(autoescape=True)  # as theirs: nothing trimmed
    environment.filters["shown"] = lambda value: json.dumps(value, indent=4)
    text = environment.from_string(_PAGE).render(title="visits", records=rows)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("data/logs/visits/index.html", text)
    spent = time.process_time() - start
    return {"cpu": spent, "memory": _peak(resource.RUSAGE_SELF), "size": len(held.getvalue()) / 1e6}


def bundle(count: int) -> dict[str, object]:
    """The same of our bundle, and the CPU seconds of the process that prints its report."""
    records = samples.visits(count)
    start = time.process_time()
    deque(records.records(), maxlen=0)
    making = time.process_time() - start  # theirs has them made before it begins
    contents = replace(samples.access(), sets=(records,))
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        built = build(contents, Path(folder) / "bundle.zip")
        spent = time.process_time() - start - making
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


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    theirs = {name: float(str(v)) for name, v in forked(lambda: page(count)).items()}
    ours = {name: float(str(v)) for name, v in forked(lambda: bundle(count)).items()}
    show(
        "bundle against one HTML page",
        records=count,
        **{f"ours_{name}": value for name, value in ours.items()},
        **{f"theirs_{name}": value for name, value in theirs.items()},
        times_faster=theirs["cpu"] / ours["cpu"],
        times_less_memory=theirs["memory"] / ours["memory"],
        times_smaller=theirs["size"] / ours["size"],
    )


if __name__ == "__main__":
    main()
