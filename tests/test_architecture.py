"""ARCHITECTURE.md and GLOSSARY.md lead to files that exist, and to every storey there is."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
#: What comes next has no files yet: only rooms that stand already are checked there.
BUILT, _, _ = ARCHITECTURE.partition("## Rooms for what comes next")


def paths(text: str) -> list[str]:
    named = re.findall(r"`((?:dsar|workers|exports|templates|tests|scripts)/[\w./-]*)`", text)
    return sorted(set(named))


@pytest.mark.parametrize("path", paths(BUILT + GLOSSARY))
def test_every_path_named_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("text", [ARCHITECTURE, GLOSSARY])
def test_every_link_leads_somewhere(text: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_every_storey_that_the_layers_hold_is_explained() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    for contract in settings["contracts"]:
        if contract["type"] != "layers":
            continue
        container = contract.get("containers", [""])[0]
        for layer in (name.strip() for row in contract["layers"] for name in row.split("|")):
            place = (f"{container}.{layer}" if container else layer).replace(".", "/")
            assert f"`{place}" in ARCHITECTURE, place


def test_a_word_of_the_glossary_has_one_row() -> None:
    words = re.findall(r"^\| \*\*([^*]+)\*\* \|", GLOSSARY, re.MULTILINE)
    assert len(words) == len(set(words)) > 35
