"""What is handed over is what was decided: a policy changed meanwhile is said by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.lifecycle import Event
from dsar.domain.rights import Right
from tests.company import Company, company
from tests.stories.bundles import checked, everything
from workers.run_here import run_until_idle


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}") as made:
        yield made


def change_policy(one: Company) -> None:
    text = (one.folder / "policy.toml").read_text()
    (one.folder / "policy.toml").write_text(text.replace("To bill.", "To bill and to dun."))
    one.reopen()


def test_a_copy_decided_under_another_policy_goes_back_to_staff_and_is_decided_again(
    one: Company,
) -> None:
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    change_policy(one)
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    assert one.state(ref) == "assembly_failed"
    assert "The policy was changed" in one.view(ref)["next"]
    assert f"dsar ticket act {ref} revise" in one.view(ref)["next"]
    assert one.view(ref)["bundles"] == []
    one.rule(ref)
    run_until_idle(one.installation)
    one.act(ref, Event.APPROVE)
    run_until_idle(one.installation)
    assert one.state(ref) == "ready"
    assert "To bill and to dun." in everything(checked(one.bundle(ref)))


def test_what_was_done_in_a_source_is_told_as_it_was_done_whatever_the_policy_says_now(
    one: Company,
) -> None:
    ref = one.ask(Right.CONSENT_WITHDRAWAL)
    one.work()
    change_policy(one)
    run_until_idle(one.installation)
    assert one.state(ref) == "ready"
    checked(one.bundle(ref))
