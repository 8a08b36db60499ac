"""What gets installed is exactly what was reviewed: every package by version and hash, from anywhere."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
OURS = ("dsar", "workers", "exports", "templates")
#: Whoever runs the contract kit brings pytest; nothing else loads the plug-in.
BROUGHT = {"pytest": {"dsar/sdk/pytest_plugin.py"}}
LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Package → version and number of hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    pins = (re.match(r"(\S+)==(\S+)", line) for line in lines)
    return {
        pin[1]: (pin[2], line.count("--hash=sha256:"))
        for pin, line in zip(pins, lines, strict=True)
        if pin is not None
    }


def wanted(*groups: str) -> list[Requirement]:
    """What pyproject.toml asks for: the project's own needs, or those of the groups named."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    if not groups:
        return [Requirement(line) for line in settings["project"]["dependencies"]]
    lines = [line for group in groups for line in settings["dependency-groups"][group]]
    return [Requirement(line) for line in lines if isinstance(line, str)]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_by_hash(name: str) -> None:
    packages = locked(name)
    assert packages
    assert [package for package, (_, hashes) in packages.items() if hashes == 0] == []


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_file_names_an_address(name: str) -> None:
    assert (
        re.findall(
            r"^.*(?:://|--find-links|--index|/\w+/).*$", (ROOT / name).read_text(), re.MULTILINE
        )
        == []
    )


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("requirements.txt", ()),
        ("requirements-build.txt", ("build",)),
        ("requirements-dev.txt", ("build", "dev")),
    ],
)
def test_the_lock_serves_what_pyproject_asks_for(name: str, groups: tuple[str, ...]) -> None:
    """After a change of dependencies scripts/lock has to be run."""
    packages = locked(name)
    missing = [
        str(need)
        for need in wanted(*groups)
        if packages.get(canonicalize_name(need.name), ("0", 0))[0] not in need.specifier
    ]
    assert missing == []


def imported() -> dict[str, set[str]]:
    """Every package of others that the product imports, and the files that do."""
    found: dict[str, set[str]] = {}
    for path in (path for name in OURS for path in (ROOT / name).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in {*OURS, *sys.stdlib_module_names}:
                    found.setdefault(top, set()).add(str(path.relative_to(ROOT)))
    return found


def test_whatever_is_imported_is_asked_for() -> None:
    """A package that only comes along with another may be gone with that one's next version."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*settings["dependencies"], *chain(*settings["optional-dependencies"].values())]
    asked = {canonicalize_name(Requirement(line).name) for line in lines}
    given = packages_distributions()
    missing = {
        name: files
        for name, files in imported().items()
        if files != BROUGHT.get(name)
        and not asked & {canonicalize_name(each) for each in given.get(name, [name])}
    }
    assert missing == {}


def test_no_licence_is_named_before_the_owner_names_one() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    classifiers = " ".join(settings.get("classifiers", ())).lower()
    assert "license" not in settings
    assert "license" not in classifiers
    assert [*ROOT.glob("LICEN[CS]E*"), *ROOT.glob("COPYING*")] == []


def test_the_tests_run_on_the_versions_that_are_delivered() -> None:
    everything = locked("requirements-dev.txt")
    delivered = locked("requirements.txt") | locked("requirements-build.txt")
    assert delivered.items() <= everything.items()


def test_little_is_installed() -> None:
    """The bar is 80 packages with all they need; markers for other systems are counted too."""
    assert len(locked("requirements.txt")) <= 80
