"""A short fault run against the real product: nothing lost, nothing stuck, nothing done twice.

The long one is `scripts/faults --minutes N --seed S`.
"""

from pathlib import Path

import pytest

from tests.faults.harness import run
from tests.faults.place import Setting


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(400)
def test_under_kills_outages_and_hostile_sources_every_ticket_ends_well(tmp_path: Path) -> None:
    setting = Setting(40, 80, hostile_every=5, lease_seconds=6, first_pause=0.2)
    report = run(setting, tmp_path, seed=20261122, fault_every=2.5)
    told = report.table()
    assert not report.wrong, told
    assert report.kills >= 5, told
    assert report.hostile.total() == 8, told
