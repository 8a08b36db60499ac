"""An adapter is found by name, entry point or dotted path; nothing is imported before it is asked."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import ModuleType

import pytest

from dsar.domain.errors import BadInput
from dsar.sdk import Adapter, Collection, Page, Problem, Subject, registry

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@dataclass(frozen=True)
class Nothing:
    word: str = "none"


class Quiet(Adapter):
    name = "quiet"
    title = "Holds nothing"
    Settings = Nothing

    def collections(self) -> Sequence[Collection]:
        return ()

    def check(self) -> Sequence[Problem]:
        return ()

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        return iter(())


class Ancient(Quiet):
    version = "0.9"


@pytest.fixture(autouse=True)
def shop_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("quiet_shop")
    module.Quiet, module.Ancient, module.number = Quiet, Ancient, 7  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "quiet_shop", module)


@pytest.mark.parametrize("name", registry.built_in())
def test_every_built_in_adapter_is_found_and_bears_its_name(name: str) -> None:
    assert registry.adapter(name).name == name


def test_an_adapter_is_found_by_dotted_path() -> None:
    assert registry.adapter("quiet_shop:Quiet") is Quiet


def offer(monkeypatch: pytest.MonkeyPatch, *offered: EntryPoint) -> None:
    """Have other packages installed that offer these adapters."""
    monkeypatch.setattr(
        registry, "entry_points", lambda group: EntryPoints(offered).select(group=group)
    )


def test_an_installed_adapter_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, EntryPoint("quiet", "quiet_shop:Quiet", registry.GROUP))
    assert registry.adapter("quiet") is Quiet
    assert registry.names() == tuple(sorted({*registry.built_in(), "quiet"}))


def test_the_built_in_adapters_are_those_of_our_own_entry_points() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert registry.built_in() == tuple(sorted(project["entry-points"][registry.GROUP]))


def test_no_other_package_takes_over_a_built_in_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, EntryPoint("sql", "quiet_shop:Quiet", registry.GROUP))
    assert registry.adapter("sql").title == "SQL database"


def test_a_name_that_two_packages_offer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ("quiet_shop:Quiet", "quiet_shop:Ancient")
    offer(monkeypatch, *(EntryPoint("quiet", path, registry.GROUP) for path in paths))
    with pytest.raises(BadInput, match="several adapters: quiet_shop:Ancient, quiet_shop:Quiet"):
        registry.adapter("quiet")


def test_where_our_own_entry_points_are_not_installed_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_OURS", "no-such-distribution")
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints([]).select(group=group))
    with pytest.raises(BadInput, match=r"Install dsar again \(pip install -e \.\)"):
        registry.adapter("sql")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("sqll", "there is no adapter 'sqll'"),
        ("no_such_package:Shop", "cannot be loaded"),
        ("quiet_shop:Shop", "cannot be loaded"),
        ("quiet_shop:number", "is not an adapter"),
        ("quiet_shop:Ancient", "written for version 0.9 of the SDK"),
        (":", "cannot be loaded"),
    ],
)
def test_what_cannot_be_an_adapter_is_named(name: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem) as refused:
        registry.adapter(name, at="sources.shop.adapter")
    assert refused.value.field == "sources.shop.adapter"


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("no_such_module:Shop", "on PYTHONPATH"),
        ("quiet_shop.no_such_part:Shop", "on PYTHONPATH"),
        ("needs_more:Shop", "Install what the module imports"),
        ("half_written:Shop", r"SyntaxError.*python -c 'import half_written' shows where"),
        ("quiet_shop:Shop", "as the class is called in its module"),
    ],
)
def test_what_cannot_be_loaded_is_mended_where_it_fails(
    name: str, mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_more.py").write_text("import no_such_library\n", encoding="utf-8")
    (tmp_path / "half_written.py").write_text("class Shop(:\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BadInput, match=mend):
        registry.adapter(name)


def test_settings_leave_out_what_is_the_engines() -> None:
    given = {"adapter": "quiet", "title": "Shop", "word": "x"}
    assert registry.settings_from(Quiet, given, at="sources.shop") == Nothing("x")
    with pytest.raises(BadInput, match=r"sources\.shop\.wrd: is not a setting"):
        registry.settings_from(Quiet, {"wrd": "x"}, at="sources.shop")


def test_an_adapter_may_complete_its_settings_once_from_the_files_they_name() -> None:
    class Described(Quiet):
        @classmethod
        def completed(cls, settings: Nothing) -> Nothing:
            return Nothing(f"{settings.word}, as the file says")

    given = registry.settings_from(Described, {"word": "x"}, at="sources.shop")
    assert given == Nothing("x, as the file says")


def test_importing_the_registry_loads_no_adapter_and_no_database_library() -> None:
    code = (
        "import sys; import dsar.sdk.registry; "
        "print([m for m in sys.modules if m.startswith(('dsar.adapters', 'sqlalchemy', 'pytest'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
