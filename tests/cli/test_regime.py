"""`dsar regime`: the laws listed, shown and checked."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from dsar.cli.regime import app
from dsar.services.law.regimes import _FOLDER, known


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def eu_gdpr() -> str:
    return (_FOLDER / "eu_gdpr.toml").read_text(encoding="utf-8")


def test_the_list_names_every_law_with_version_and_certainty() -> None:
    lines = run("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(known())
    listed = json.loads(run("list", "--json").stdout)
    assert [law["id"] for law in listed] == list(known())
    assert all(law["version"] and law["certainty"] and law["source"] for law in listed)


def test_a_law_is_shown_with_rules_duties_and_grounds() -> None:
    shown = run("show", "us_co").stdout
    for part in ("45 days", "appeal answered within 45 days", "opt_out", "Attorney General"):
        assert part in shown
    assert "acknowledge within 10 working days" in run("show", "us_ca_ccpa").stdout
    assert "through 2026-02-04" in run("show", "uk_gdpr").stdout
    assert "no number" in run("show", "jp_appi").stdout


def test_a_law_is_shown_as_data() -> None:
    law = json.loads(run("show", "uk_gdpr", "--json").stdout)
    assert law["id"] == "uk_gdpr"
    assert law["rules"][0]["since"] == "2018-05-25"
    assert law["rules"][0]["reply"] == {"number": 1, "unit": "months"}
    assert law["refusal"]["must_contain"][0] == "reasons"


def test_an_unknown_law_is_refused_with_the_known_ones() -> None:
    result = run("show", "xx")
    assert result.exit_code == 1
    assert "eu_gdpr" in result.stderr


def test_every_law_that_ships_passes_its_check() -> None:
    result = run("check")
    assert result.exit_code == 0, result.stdout
    assert len(result.stdout.splitlines()) == len(known())
    assert all(law["problems"] == [] for law in json.loads(run("check", "--json").stdout))


def test_a_file_with_a_slip_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "eu_gdpr.toml"
    path.write_text(eu_gdpr().replace("months = 1 }", "moths = 1 }", 1), encoding="utf-8")
    result = run("check", str(path))
    assert result.exit_code == 1
    assert "eu_gdpr.toml:" in result.stdout
    assert "rules[0].reply" in result.stdout


def test_a_file_whose_example_fails_is_told_both_values(tmp_path: Path) -> None:
    path = tmp_path / "eu_gdpr.toml"
    path.write_text(eu_gdpr().replace("2026-09-30", "2026-10-01"), encoding="utf-8")
    result = run("check", str(path), "--json")
    assert result.exit_code == 1
    (law,) = json.loads(result.stdout)
    (problem,) = law["problems"]
    assert "'2026-10-01'" in problem
    assert "'2026-09-30'" in problem
    line = int(problem.removeprefix(f"{path}:").split(" ")[0])
    assert "31 August" in path.read_text(encoding="utf-8").splitlines()[line - 1]


def test_a_good_file_of_ones_own_passes(tmp_path: Path) -> None:
    path = tmp_path / "eu_gdpr.toml"
    path.write_text(eu_gdpr(), encoding="utf-8")
    result = run("check", str(path))
    assert result.exit_code == 0
    assert "examples come out as written" in result.stdout


def test_a_path_that_is_no_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "x.toml", tmp_path / "missing.toml", tmp_path):
        result = run("check", str(path))
        assert result.exit_code == 1
        assert "cannot be read" in result.stdout
