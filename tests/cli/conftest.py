"""Runs commands in this process, on a small company of the test's own."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dsar.cli import run
from tests.company import Company, company


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one line a refused command says."""
        lines = [line for line in self.err.splitlines() if not line.startswith("{")]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("dsar: ")
        return lines[0]


class Cli:
    """`dsar` with the company's configuration."""

    def __init__(self, one: Company, capsys: pytest.CaptureFixture[str]) -> None:
        self.one, self.folder, self._capsys = one, one.folder, capsys

    def __call__(self, *words: str) -> Said:
        self._capsys.readouterr()
        code = run(list(words))
        said = self._capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)


@pytest.fixture
def dsar(
    tmp_path: Path,
    sqlite_tables: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Cli]:
    """The command line of a small company."""
    shutil.copy(sqlite_tables, tmp_path / "dsar.sqlite")
    monkeypatch.setenv("DSAR_CONFIG", str(tmp_path / "dsar.toml"))
    with company(tmp_path, f"sqlite:///{tmp_path / 'dsar.sqlite'}", review="") as one:
        one.installation.store.clock = None
        yield Cli(one, capsys)
