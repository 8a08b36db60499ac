"""Imports run downwards only: the contracts of pyproject.toml hold, cover everything, and can fail."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOTS = ("dsar", "workers", "exports")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the packages of a folder against the contracts of the pyproject.toml beside them."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("dsar/domain/rights.py", "import dsar.store"),
        ("dsar/domain/rights.py", "import sqlalchemy"),
        ("dsar/sdk/__init__.py", "import pydantic"),
        ("dsar/adapters/__init__.py", "import dsar.domain.rights"),
        ("dsar/store/__init__.py", "import dsar.services"),
        ("dsar/services/__init__.py", "import workers"),
        ("dsar/services/work/__init__.py", "import dsar.services.views.tickets"),
        ("dsar/services/letters/__init__.py", "import dsar.services.ticket.advance"),
        ("dsar/config/__init__.py", "import dsar.services"),
        ("dsar/sandbox/__init__.py", "import dsar.config.sources"),
        ("dsar/adapters/sql/sql_settings.py", "import dsar.adapters.sql.schema"),
        ("exports/__init__.py", "import dsar.store"),
        ("exports/__init__.py", "import sqlalchemy"),
    ],
)
def test_an_import_upwards_or_sideways_or_in_a_circle_is_refused(
    tmp_path: Path, module: str, forbidden: str
) -> None:
    for name in ROOTS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as code:
        code.write(f"\n{forbidden}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_every_package_has_a_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in settings["contracts"] if c["type"] == "layers")
    placed = {name.strip() for layer in layers for name in layer.split("|")}
    folders = [*ROOT.glob("dsar/*/"), *(ROOT / name for name in ROOTS[1:])]
    packages = {
        ".".join(folder.relative_to(ROOT).parts) for folder in folders if any(folder.glob("*.py"))
    }
    assert packages == placed
