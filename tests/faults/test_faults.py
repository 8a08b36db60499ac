"""A short fault run against the real product: nothing lost, nothing stuck, nothing done twice.

The long one is `scripts/faults --minutes N --seed S`.
"""

from pathlib import Path

import pytest

from tests.faults.harness import run


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(400)
def test_under_kills_flushes_and_forgeries_every_ticket_ends_well(tmp_path: Path) -> None:
    report = run(tmp_path, seed=20261122, tickets=30, a_minute=60, fault_every=5)
    told = report.table()
    assert (report.lost, report.stuck, report.doubled, report.missing) == (0, 0, 0, 0), told
    assert (report.journal_faults, report.personal_data) == (0, 0), told
    assert report.counts["join_repairs"] == 0, told
    assert report.kills >= 2, told
