"""`python -m dsar` is the same program as `dsar`."""

import subprocess
import sys


def test_the_package_runs_as_a_program() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "dsar", "request", "new", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage: dsar request new" in said.stdout


def test_its_exit_code_is_the_commands() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "dsar", "regime", "show", "atlantis"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout) == (1, "")
    assert "There is no regime" in said.stderr
