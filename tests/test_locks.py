"""What gets installed is exactly what was reviewed: every package by version and hash, from anywhere."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
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


def test_the_tests_run_on_the_versions_that_are_delivered() -> None:
    everything = locked("requirements-dev.txt")
    delivered = locked("requirements.txt") | locked("requirements-build.txt")
    assert delivered.items() <= everything.items()


def test_little_is_installed() -> None:
    """The bar is 80 packages with all they need; markers for other systems are counted too."""
    assert len(locked("requirements.txt")) <= 80
