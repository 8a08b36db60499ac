"""Bundles from the command line: opened, split, checked, built again."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dsar.services.bundles import expire
from exports.manifest import public_key
from tests.cli.conftest import Cli
from tests.exports import samples

NEW = (
    "request", "new", "--right", "consent_withdrawal", "--identifier",
    "email=lotta.lindqvist@mail.example", "--identity-confirmed-by", "ana",
    "--reason", "called back", "--wait", "--json",
)  # fmt: skip


@pytest.fixture
def ref(dsar: Cli) -> str:
    """A ticket that was answered."""
    said = dsar(*NEW)
    assert said.code == 0
    (ticket,) = said.json["tickets"]
    assert ticket["state"] == "fulfilled"
    return str(ticket["ref"])


def test_a_kept_bundle_is_opened_into_a_plain_one_and_that_is_in_the_journal(
    dsar: Cli, ref: str
) -> None:
    path = dsar.folder / "mine.zip"
    said = dsar("bundle", "export", ref, "--out", str(path), "--by", "ana", "--json")
    assert (said.code, said.json["path"]) == (0, str(path))
    assert dsar("bundle", "verify", str(path)).code == 0
    assert dsar.one.events(ref)[-1] == "bundle_fetched"


def test_a_forged_bundle_is_found_in_the_house_that_owns_the_key(dsar: Cli, tmp_path: Path) -> None:
    forger = Ed25519PrivateKey.generate()
    forged = samples.built(samples.access(), tmp_path, sign_with=forger)
    said = dsar("bundle", "verify", str(forged))
    assert said.code == 1
    assert f"is by {public_key(forger)}, not by " in said.out
    given = dsar("bundle", "verify", str(forged), "--key", public_key(forger), "--json")
    assert (given.code, given.json["vouched"]) == (0, True)


def test_without_a_key_to_compare_with_nobody_vouches(
    dsar: Cli, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.zip"
    dsar("bundle", "export", ref, "--out", str(path))
    own = dsar("bundle", "key", "--json").json["public_key"]
    monkeypatch.setenv("DSAR_CONFIG", str(tmp_path / "nowhere.toml"))
    said = dsar("bundle", "verify", str(path), "--json")
    assert (said.code, said.json["whole"], said.json["vouched"]) == (3, True, False)
    assert said.json["signed_by"] == [own]
    assert f"{own}, a key nobody vouches for" in dsar("bundle", "verify", str(path)).out


def test_a_configuration_that_cannot_be_read_keeps_nobody_from_checking(
    dsar: Cli, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.zip"
    dsar("bundle", "export", ref, "--out", str(path))
    broken = tmp_path / "dsar.toml"
    broken.write_text("database = 5")
    monkeypatch.setenv("DSAR_CONFIG", str(broken))
    said = dsar("bundle", "verify", str(path), "--json")
    assert (said.code, said.json["whole"], said.json["vouched"]) == (3, True, False)
    assert "your own key cannot be had, so it is not compared" in said.err


def test_it_is_written_as_parts_that_are_checked_together(dsar: Cli, ref: str) -> None:
    folder = dsar.folder / "parts"
    folder.mkdir()
    out = str(folder / "mine.zip")
    said = dsar("bundle", "export", ref, "--out", out, "--part-size", "1MB", "--json")
    assert said.code == 0
    assert [Path(part["path"]).name for part in said.json["parts"]] == ["mine.part1.zip"]
    checked = dsar("bundle", "verify", str(folder), "--json")
    assert (checked.code, checked.json["whole"]) == (0, True)


@pytest.mark.parametrize("size", ["50", "MB", "1.5MB", "-1MB", "1TB", "999KB"])
def test_what_is_no_size_for_a_part_is_wrong_usage(dsar: Cli, ref: str, size: str) -> None:
    out = str(dsar.folder / "x.zip")
    said = dsar("bundle", "export", ref, "--out", out, "--part-size", size, "--json")
    assert (said.code, said.json["error"]["field"]) == (2, "part_size")
    assert list(dsar.folder.glob("x*.zip")) == []


def test_what_ran_out_is_refused_and_built_again(dsar: Cli, ref: str) -> None:
    dsar.one.installation.store.clock = dsar.one.clock
    dsar.one.clock.turn(days=10_000)
    assert expire.destroy_expired(dsar.one.installation) == 1
    refused = dsar("bundle", "export", ref, "--json")
    assert refused.code == 1
    assert f"dsar bundle build {ref}" in refused.json["error"]["message"]
    again = dsar("bundle", "build", ref, "--json")
    assert (again.code, again.json["same"], again.json["kept_as"]) == (0, True, 2)
    out = str(dsar.folder / "again.zip")
    assert dsar("bundle", "export", ref, "--out", out).code == 0


def test_a_bundle_that_comes_out_otherwise_says_what_changed(dsar: Cli, ref: str) -> None:
    policy = dsar.folder / "policy.toml"
    policy.write_text(policy.read_text().replace("To tell about offers.", "To tell of offers."))
    said = dsar("bundle", "build", ref)
    assert said.code == 1
    assert "Changed since: policy " in said.refusal
    assert "processing.json" in said.refusal
