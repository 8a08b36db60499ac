"""Reads a finished bundle as whoever gets it could: every member, the report as text."""

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import orjson

import exports


def checked(path: Path) -> Path:
    """The bundle, after our own check found it whole."""
    assert [str(finding) for finding in exports.verify(path)] == []
    return path


def members(path: Path) -> dict[str, bytes]:
    """Every member of the archive by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def report(path: Path) -> str:
    """The words of the printed report."""
    pdf = next(body for name, body in members(path).items() if name.endswith(".pdf"))
    found = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return found.stdout.decode()


def everything(path: Path) -> str:
    """All words anywhere in the bundle."""
    texts = [body.decode(errors="replace") for body in members(path).values()]
    return "\n".join([*texts, report(path)])


def data(path: Path) -> dict[str, Any]:
    """The JSON files below data/, by name."""
    return {
        name: orjson.loads(io.BytesIO(body).read())
        for name, body in members(path).items()
        if name.startswith("data/") and name.endswith(".json") and "schema" not in name
    }
