"""What the README shows is true: the diagram, the commands, the links."""

import io
import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsar import cli
from dsar.cli.demo import demo
from dsar.domain.lifecycle import diagram

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    path for path in ROOT.rglob("*.md") if not {".venv", "node_modules"} & set(path.parts)
)


def test_the_diagram_is_drawn_from_the_table() -> None:
    drawn = re.search(r"```mermaid\n(.*?)\n```", README, re.DOTALL)
    assert drawn is not None
    assert drawn[1] == diagram()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_something_in_the_repository(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    local = [target for target in targets if "://" not in target and ":" not in target]
    missing = [target for target in local if not (document.parent / target).exists()]
    assert missing == []


def test_every_command_named_in_the_readme_exists() -> None:
    named = set(re.findall(r"`dsar ([a-z]+)", README)) | set(
        re.findall(r"^\$ dsar ([a-z]+)", README, re.MULTILINE)
    )
    assert named
    assert named <= set(cli.COMMANDS)


def test_both_scripts_are_there_and_can_be_run() -> None:
    for script in re.findall(r"^\$ (scripts/\w+)", README, re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o111


def _first_request() -> list[list[str]]:
    section = README.partition("## A first request")[2]
    block = re.search(r"```console\n(.*?)\n```", section, re.DOTALL)
    assert block is not None
    lines = [line.removeprefix("$ ") for line in block[1].splitlines()]
    return [shlex.split(line) for line in lines]


def test_the_commands_of_the_first_request_run_in_the_demos_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As somebody would who has just run the demo and types them one after the other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DSAR_CONFIG", raising=False)
    demo(out=Path("dsar-demo"), serve=False, port=0, json=True)
    monkeypatch.setenv("DSAR_CONFIG", "dsar.toml")
    asked = {
        "regime": "eu_gdpr",
        "country": "DE",
        "timezone": "Europe/Berlin",
        "right": "access",
        "received_at": datetime(2026, 1, 31, 10, tzinfo=UTC).isoformat(),
    }
    (tmp_path / "dsar-demo" / "requests.jsonl").write_text(json.dumps(asked))
    for words in _first_request():
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
            continue
        assert words[0] == "dsar"
        if "<" in words:
            typed = io.TextIOWrapper(io.BytesIO(Path(words[-1]).read_bytes()))
            monkeypatch.setattr("sys.stdin", typed)
        arguments = words[1 : words.index("<")] if "<" in words else words[1:]
        assert cli.run(arguments) == 0, capsys.readouterr().err
    assert '"2026-03-02"' in capsys.readouterr().out
