"""`dsar adapter`: what it writes works at once; what it checks it names, and leaves unchanged."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dsar.cli import run


def test_a_new_adapter_and_its_test_work_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["adapter", "new", "web_shop", "--into", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["adapter"] == "web_shop:WebShop"
    assert told["files"] == [str(tmp_path / name) for name in ("web_shop.py", "test_web_shop.py")]
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_web_shop.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout


def test_a_new_adapter_of_a_system_behind_http_works_at_once_under_any_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["adapter", "new", "web_shop", "--http", "--into", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["adapter"] == "web_shop:WebShop"
    for name in ("web_shop.py", "test_web_shop.py"):
        assert "Club" not in (tmp_path / name).read_text().replace("Members of a club", "")
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_web_shop.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.py").write_text("mine")
    assert run(["adapter", "new", "shop", "--into", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "shop.py").read_text() == "mine"
    assert not (tmp_path / "test_shop.py").exists()


@pytest.mark.parametrize("name", ["Web-Shop", "2shops", "class", "../x", "json", ""])
def test_a_name_that_cannot_be_a_module_is_refused(name: str, tmp_path: Path) -> None:
    assert run(["adapter", "new", name, "--into", str(tmp_path)]) in {1, 2}
    assert list(tmp_path.iterdir()) == []


SOURCES = """
[list]
adapter = "files"
path = "."
[list.collections.people]
file = "people.csv"
key = "id"
identify = { email = "email" }
columns = { id = "Number", email = "E-mail" }
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "sources.toml").write_text(SOURCES)
    (tmp_path / "people.csv").write_text("id,email\n1,ann@example.com\n")
    return tmp_path / "sources.toml"


def test_a_sound_source_keeps_every_promise(
    sources: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["adapter", "check", "list", "--sources", str(sources), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == "list"
    assert [one["broken"] for one in told["promises"]] == [None] * 6


def test_a_broken_promise_is_named_with_its_reason_and_nothing_is_changed(
    sources: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = sources.with_name("people.csv")
    table.write_text("id,email,shoe\n1,ann@example.com,39\n")
    before = table.read_bytes()
    assert run(["adapter", "check", "list", "--sources", str(sources)]) == 1
    told = capsys.readouterr().out
    assert "BROKEN  its check finds nothing wrong" in told
    assert "collections.people.columns.shoe: is in the file and not declared." in told
    assert table.read_bytes() == before


def test_an_adapter_that_fails_breaks_a_promise_and_the_others_are_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["adapter", "new", "hasty", "--into", str(tmp_path)]) == 0
    assert f"export PYTHONPATH={tmp_path}" in capsys.readouterr().out
    module = tmp_path / "hasty.py"
    module.write_text(module.read_text().replace("self.settings.path.is_file()", "self.nowhere"))
    (tmp_path / "people.json").write_text("[]")
    (tmp_path / "sources.toml").write_text(
        '[people]\nadapter = "hasty:Hasty"\npath = "people.json"\n'
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert run(["adapter", "check", "people", "--sources", str(tmp_path / "sources.toml")]) == 1
    told = capsys.readouterr().out
    assert "BROKEN  its check finds nothing wrong\n        It failed with AttributeError" in told
    assert told.count("kept") == 5


def test_a_source_that_is_not_there_is_named(
    sources: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["adapter", "check", "shop", "--sources", str(sources)]) == 1
    assert "No source is called shop" in capsys.readouterr().err
    sources.with_name("people.csv").unlink()
    assert run(["adapter", "check", "list", "--sources", str(sources)]) == 1
    assert "No file people.csv is in the folder" in capsys.readouterr().out
