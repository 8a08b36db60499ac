"""Reads a PDF as machines do: its structure tree, its marked content, its text and its pages."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf
import pytest


def tags(pdf: pikepdf.Pdf) -> Counter[str]:
    """How many structure elements of each kind there are."""
    found: Counter[str] = Counter()
    waiting: list[Any] = [pdf.Root.StructTreeRoot.K]
    while waiting:
        kid = waiting.pop()
        if isinstance(kid, pikepdf.Array):
            waiting.extend(kid)
        elif isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            found[str(kid.S)] += 1
            waiting.append(kid.get("/K", pikepdf.Array()))
    return found


def texts_outside_the_tree(pdf: pikepdf.Pdf) -> int:
    """Text operators that belong neither to the tree nor to an artifact."""
    return sum(1 for page in pdf.pages for _ in _stray(page))


def _stray(page: pikepdf.Page) -> Iterator[Any]:
    inside: list[bool] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BMC":
                inside.append(str(operands[0]) == "/Artifact")
            case "BDC":
                inside.append("/MCID" in operands[1])
            case "EMC":
                inside.pop()
            case "Tj" | "TJ" | "'" | '"' if not any(inside):
                yield operands


def owned(pdf: pikepdf.Pdf) -> bool:
    """Whether every marked piece of every page has the structure element that the tree says."""
    numbers = {}
    nums = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
    for key, value in zip(nums[::2], nums[1::2], strict=True):
        numbers[int(key)] = value
    for page in pdf.pages:
        owners = numbers[int(page.StructParents)]
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) == "BDC":
                assert "/S" in owners[int(operands[1]["/MCID"])]
    return list(numbers) == sorted(numbers)


def text(path: Path) -> str:
    """The text as poppler extracts it, in reading order."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    run = subprocess.run(
        ["pdftotext", "-raw", "-enc", "UTF-8", path, "-"], capture_output=True, check=True
    )
    return run.stdout.decode().replace("\u200b", "").replace("\xad", "")


class Strip(NamedTuple):
    """A row of a picture where it was changed: its number, from which column to which."""

    y: int
    left: int
    right: int


def changed(picture: bytes, from_picture: bytes) -> list[Strip]:
    """The rows in which two pictures of the same size differ."""
    width, height = map(int, picture.split(b"\n", 2)[1].split())
    found = []
    for y in range(height):
        place = len(picture) - (height - y) * width * 3
        this, that = picture[place : place + width * 3], from_picture[place : place + width * 3]
        if this != that:
            columns = [n // 3 for n in range(width * 3) if this[n] != that[n]]
            found.append(Strip(y, columns[0], columns[-1]))
    return found


def pictures(path: Path, *, dpi: int = 40) -> list[bytes]:
    """Each page as the bytes of a picture."""
    if not shutil.which("pdftoppm"):
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    stem = path.with_suffix("")
    subprocess.run(["pdftoppm", "-r", str(dpi), path, stem], check=True)
    return [page.read_bytes() for page in sorted(path.parent.glob(f"{stem.name}-*.ppm"))]
