"""A stranger who does what a document says: writes its files down and runs its commands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files_in(text: str) -> dict[str, str]:
    """The files a document shows, by name."""
    found = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n", text, re.DOTALL)
    return dict(found)


def commands_in(text: str) -> list[str]:
    """The commands a document shows, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def run(command: str, folder: Path) -> str:
    """The command's output; python and dsar are those that run the tests."""
    words = shlex.split(command)
    tools = {
        "python": [sys.executable],
        "dsar": [sys.executable, "-c", "import dsar.cli; dsar.cli.main()"],
    }
    places = os.pathsep.join([str(folder), str(ROOT)])
    # A command that another test ran in this process may have named its own configuration.
    around = {name: value for name, value in os.environ.items() if not name.startswith("DSAR_")}
    found = subprocess.run(
        [*tools[words[0]], *words[1:]],
        cwd=folder,
        env={**around, "PYTHONPATH": places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout
