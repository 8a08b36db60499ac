"""`dsar source check`: one line for each thing that is wrong, and the exit code of a refusal."""

import shutil
from copy import copy
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.company import EMAIL


def test_data_no_activity_names_is_a_finding(dsar: Cli) -> None:
    """It would show at the bundle only, when the person's data has been collected already."""
    policy = dsar.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('"shop.invoices"', '"shop.customers.street"'))
    said = dsar("source", "check")
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith("shop: policy: no activity names shop.invoices")
    assert 'Add "shop.invoices" to the data of the activity' in said.out
    assert dsar("source", "check", "mailing", "--json").json == {"mailing": []}


def test_where_all_is_well_the_sources_are_counted(dsar: Cli) -> None:
    assert dsar("source", "check").out == "2 sources, all as declared.\n"
    assert dsar("source", "check", "shop").out == "1 source, as declared.\n"


CIRCLE = """
[cabinet]
adapter = "manual"
title = "Filing cabinet"
who = "Facilities"
identify = ["email", "card"]
gives = ["number"]
ask = "Look through the grey cabinet."
[lockers]
adapter = "manual"
title = "Lockers"
who = "Facilities"
identify = ["number"]
gives = ["card"]
ask = "Look through the lockers."
"""

FILING = """
[activities.filing]
title = "Filing"
purpose = "To keep contracts."
basis = "legitimate_interests"
data = ["cabinet.files", "lockers.files"]
retention = { because = "As long as it is useful." }
"""


def add(dsar: Cli, file: str, text: str) -> None:
    path = dsar.folder / file
    path.write_text(path.read_text() + text)


def test_sources_that_lead_to_each_other_are_named_and_are_no_fault(dsar: Cli) -> None:
    add(dsar, "sources.toml", CIRCLE)
    add(dsar, "policy.toml", FILING)
    settings = dsar.folder / "dsar.toml"
    settings.write_text(f'public_url = "https://x.example"\n{settings.read_text()}')
    said = dsar("source", "check", "cabinet")
    assert said.code == 0
    assert said.out == (
        "1 source, as declared.\ncabinet, lockers give each other identifiers: each is asked again "
        "when another brings an identifier it is searched by.\n"
    )
    gives = {row["name"]: row["gives"] for row in dsar("source", "list", "--json").json}
    assert (gives["cabinet"], gives["lockers"]) == (["number"], ["card"])
    assert "give each other" not in dsar("source", "check", "mailing").out


@pytest.fixture
def stranger(dsar: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Somebody with a file of sources in the folder they stand in, and nothing else."""
    own = tmp_path / "own"
    own.mkdir()
    shutil.copytree(dsar.folder / "mailing", own / "mailing")
    shutil.copy(dsar.folder / "sources.toml", own / "sources.toml")
    monkeypatch.delenv("DSAR_CONFIG")
    monkeypatch.chdir(own)
    other = copy(dsar.one)
    other.folder = own
    return Cli(other, dsar._capsys)


def test_a_first_look_needs_the_file_of_sources_alone(stranger: Cli) -> None:
    """No policy, no configuration, no database, no key."""
    said = stranger("source", "check")
    assert (said.code, said.out) == (0, "2 sources, all as declared.\n")
    assert "There is no policy yet" in said.err
    found = stranger("source", "find", "shop", "--identifier", f"email={EMAIL}")
    assert (found.code, "customers" in found.out) == (0, True)
    assert stranger("source", "list").code == 0
    assert {path.name for path in stranger.folder.iterdir()} == {"sources.toml", "mailing"}


def test_a_configuration_need_not_be_whole(stranger: Cli) -> None:
    (stranger.folder / "sources.toml").rename(stranger.folder / "systems.toml")
    (stranger.folder / "dsar.toml").write_text('sources = "systems.toml"\n')
    assert stranger("source", "check", "mailing").out == "1 source, as declared.\n"


def test_a_policy_with_a_fault_is_said_and_keeps_nobody_from_looking(stranger: Cli) -> None:
    (stranger.folder / "policy.toml").write_text("[activities.x]\n")
    said = stranger("source", "check", "shop")
    assert said.code == 1
    assert "1 source, as declared." in said.out
    assert "activities.x" in said.err
    assert stranger("source", "find", "shop", "--identifier", f"email={EMAIL}").code == 0


def test_another_file_of_sources_can_be_named(stranger: Cli) -> None:
    text = (stranger.folder / "sources.toml").read_text()
    (stranger.folder / "try.toml").write_text(text.replace("[mailing", "[letters"))
    said = stranger("source", "list", "--sources", "try.toml", "--json")
    assert [row["name"] for row in said.json] == ["shop", "letters"]


@pytest.mark.parametrize(
    ("broken", "words"), [("[shop]\n", "sources.shop.adapter"), ("x = ", "try.toml")]
)
def test_a_file_of_sources_that_cannot_be_read_is_wrong_usage(
    stranger: Cli, broken: str, words: str
) -> None:
    (stranger.folder / "try.toml").write_text(broken)
    said = stranger("source", "check", "--sources", "try.toml")
    assert (said.code, words in said.err) == (2, True)


def test_a_configuration_that_was_named_and_is_not_there_is_said(
    stranger: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSAR_CONFIG", "elsewhere.toml")
    said = stranger("source", "check")
    assert (said.code, "elsewhere.toml: is not there" in said.err) == (2, True)
