"""The doctor says which scripts a report cannot show and what mends it, as fontconfig sees it."""

import shutil
from pathlib import Path

import pytest

from dsar.services.upkeep import fonts
from dsar.services.upkeep.doctor import Trouble, _fonts
from tests.workers.installations import new_installation

#: A fontconfig that knows the fonts of one folder and no others.
CONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>"""


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds all fonts of the machine."""
    if not shutil.which("fc-list"):
        pytest.skip("fontconfig is not installed")
    folder = tmp_path / "fonts"
    folder.mkdir()
    file = tmp_path / "fonts.conf"
    file.write_text(CONFIG.format(folder=folder))
    monkeypatch.setenv("FONTCONFIG_FILE", str(file))
    return folder


def test_each_script_without_a_font_is_named_with_its_package(only: Path) -> None:
    assert fonts.missing() == {
        package: [name for name, (_, mine) in fonts.SCRIPTS.items() if mine == package]
        for package in (fonts.CORE, fonts.CJK, fonts.EMOJI)
    }


def test_a_font_that_has_the_script_is_found(only: Path) -> None:
    known = Path("/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf")
    if not known.exists():
        pytest.skip("the Noto fonts are elsewhere")
    shutil.copy(known, only)
    lost = fonts.missing()[fonts.CORE]
    assert "Thai" not in lost
    assert "Khmer" in lost


def test_the_doctor_wants_the_fonts_everybody_has_and_names_the_others(
    only: Path, tmp_path: Path, sqlite_tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sqlite_tables, tmp_path / "dsar.sqlite")
    installation = new_installation(f"sqlite:///{tmp_path / 'dsar.sqlite'}", tmp_path)
    with pytest.raises(Trouble, match=r"Greek.*cannot be printed; install fonts-noto-core"):
        _fonts(installation)
    monkeypatch.setattr(fonts, "missing", lambda: {fonts.CJK: ["Chinese", "Korean"]})
    assert _fonts(installation).endswith(
        "reports show by number: Chinese, Korean (install fonts-noto-cjk)."
    )
    monkeypatch.setattr(fonts, "missing", dict)
    assert "scripts can be printed" in _fonts(installation)
    installation.store.close()


def test_without_fontconfig_the_doctor_says_what_to_install(
    tmp_path: Path, sqlite_tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sqlite_tables, tmp_path / "dsar.sqlite")
    installation = new_installation(f"sqlite:///{tmp_path / 'dsar.sqlite'}", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(Trouble, match="Install fontconfig and fonts-noto-core"):
        _fonts(installation)
    installation.store.close()
