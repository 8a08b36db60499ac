"""`dsar ticket files`, `file` and a ruling on one of them, as staff types it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.rights import Right
from dsar.sdk import Attachment
from tests.cli.conftest import Cli
from tests.company import BY_HAND, company
from tests.scripted import Script, case
from workers.run_here import run_until_idle

ODD = "Bo\x1b[2J & Lotta.jpg"


@pytest.fixture
def dsar(
    tmp_path: Path,
    sqlite_tables: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Cli]:
    """The command line of a company whose helpdesk keeps a photograph."""
    url = f"sqlite:///{shutil.copy(sqlite_tables, tmp_path / 'dsar.sqlite')}"
    monkeypatch.setenv("DSAR_CONFIG", str(tmp_path / "dsar.toml"))
    photo = Attachment("p", ODD, "image/jpeg")
    desk = Script(records=[case("1", attachments=(photo,))], files={"p": [b"a face"]})
    made = company(
        tmp_path, url, review=BY_HAND, scripts={"desk": desk}, adapters={"desk": "Scripted"}
    )
    with made as one:
        yield Cli(one, capsys)


def test_staff_finds_looks_at_and_withholds_one_file(dsar: Cli, tmp_path: Path) -> None:
    ref = dsar.one.ask(Right.ACCESS)
    assert dsar("ticket", "files", ref).out.strip() == "No files were collected."
    run_until_idle(dsar.one.installation)
    (told,) = dsar("ticket", "files", ref, "--json").json["files"]
    assert (told["record"], told["name"], told["bytes"], told["withheld"]) == ("1", ODD, 6, "")
    out = tmp_path / "photo.jpg"
    assert dsar("ticket", "file", ref, told["place"], "--out", str(out), "--by", "ana").code == 0
    assert out.read_bytes() == b"a face"
    rule = f"{told['place']}=withhold:rights_of_others"
    assert dsar("ticket", "act", ref, "revise", "--rule", rule, "--reason", "shows Bo").code == 0
    said = dsar("ticket", "files", ref).out
    assert "rights_of_others" in said
    assert "\x1b" not in said  # the name is a stranger's: it steers no terminal


def test_a_file_that_is_not_there_is_refused_in_one_line(dsar: Cli, tmp_path: Path) -> None:
    ref = dsar.one.ask(Right.ACCESS)
    run_until_idle(dsar.one.installation)
    said = dsar("ticket", "file", ref, "desk.cases#0123456789ab", "--out", str(tmp_path / "x"))
    assert said.code == 2
    assert f"dsar ticket files {ref}" in said.refusal
