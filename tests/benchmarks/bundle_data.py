"""Data files, viewer and proofs of a big bundle against the least that JSON in a ZIP can cost.

    python -m tests.benchmarks.bundle_data [RECORDS]

The floor is orjson, deflate and SHA-256 of one JSON file of the same records, in the same run at the
same level. The bundle holds the records three times (JSON, CSV, viewer), with a short report.
"""

import hashlib
import resource
import sys
import tempfile
import time
import zlib
from dataclasses import replace
from pathlib import Path

import orjson

from exports import build
from exports.data.datafiles import MANY
from tests.benchmarks._company import forked, show
from tests.exports import samples


def floor(count: int) -> float:
    """CPU seconds for one JSON file: encode, hash, deflate; the records are made in both runs."""
    start = time.process_time()
    deflate, digest = zlib.compressobj(1 if count >= MANY else 6), hashlib.sha256()
    waiting = bytearray()
    for record in samples.visits(count).records():
        waiting += orjson.dumps({"record": record.key, "data": record.data}) + b"\n"
        if len(waiting) > 1 << 16:
            digest.update(waiting)
            deflate.compress(waiting)
            waiting.clear()
    return time.process_time() - start


def bundle(count: int) -> dict[str, object]:
    """CPU seconds and MB of the whole bundle but its report, which prints fifty records."""
    contents = replace(samples.access(), sets=(samples.visits(count),))
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        built = build(contents, Path(folder) / "bundle.zip", print_at_most=0)
        spent = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": spent, "memory": memory, "size": built.bytes / 1e6}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    least = forked(lambda: {"cpu": floor(count)})["cpu"]
    whole = forked(lambda: bundle(count))
    show(
        "bundle without report",
        records=count,
        cpu_s=whole["cpu"],
        times_the_floor=float(str(whole["cpu"])) / float(str(least)),
        peak_mb=whole["memory"],
        size_mb=whole["size"],
    )


if __name__ == "__main__":
    main()
